import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { langflowExport, langflowNode, missingParts, startModelStub } from '@flowkeep/testing';
import type { Page } from 'playwright-core';
import { Visitor } from './browser.ts';
import { Client } from './client.ts';
import { eventually } from './eventually.ts';
import { type Installation, startInstallation } from './installation.ts';
import './modes.ts';
import { Program } from './program.ts';

const providerKey = 'sk-canary-of-the-portal';
const secretInFile = 'sk-canary-in-a-file';
const newPassword = 'correct horse battery staple';
const describePortal = (await missingParts(['chromium'])).length === 0 ? describe : describe.skip;

/** From the first start to a key that is gone, in the order a newcomer goes. */
describePortal('the portal', () => {
  let installation: Installation;
  let visitor: Visitor;
  let page: Page;
  let key: string;
  let model: Awaited<ReturnType<typeof startModelStub>>;

  beforeAll(async () => {
    model = await startModelStub({ apiKey: providerKey, tokensPerSecond: 20 });
    installation = await startInstallation('standalone', {
      // An empty password is none: the server makes one.
      FLOWKEEP_SUPERUSER_PASSWORD: '',
      FLOWKEEP_SSRF_ALLOWED_HOSTS: '127.0.0.1',
    });
    visitor = await Visitor.arrive(installation.url);
    page = visitor.page;
  });

  afterAll(async () => {
    await visitor.leave();
    await installation.stop();
    await model.stop();
  });

  const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
  const row = (name: string) => page.getByRole('row').filter({ hasText: name });

  it('asks a stranger to sign in, and remembers where they were going', async () => {
    await page.goto('/settings/api-keys');
    await heading('Sign in to Flowkeep');
    expect(new URL(page.url()).searchParams.get('next')).toBe('/settings/api-keys');
    expect(await page.title()).toBe('Sign in · Flowkeep');
    expect(await visitor.flaws('sign-in')).toEqual([]);
  });

  it('says that a password is wrong', async () => {
    await page.getByLabel('User name').fill('ada');
    await page.getByLabel('Password').fill('not the password');
    await button('Sign in').click();
    await page.getByRole('alert').filter({ hasText: 'Incorrect username or password' }).waitFor();
  });

  it('has a generated password replaced before anything else', async () => {
    const generated = readFileSync(join(installation.dataDir, 'initial-password'), 'utf8').trim();
    await page.getByLabel('Password').fill(generated);
    await button('Sign in').click();
    await heading('Choose your own password');
    await page.goto('/flows');
    await heading('Choose your own password');
    expect(await visitor.flaws('change-password')).toEqual([]);
    await page.getByLabel('Current password').fill(generated);
    await page.getByLabel('New password', { exact: true }).fill(newPassword);
    await page.getByLabel('New password, once more').fill(newPassword);
    await button('Save password').click();
    await heading('Flows');
  });

  it('keeps no token where a script could read it', async () => {
    expect(await page.evaluate('document.cookie')).toBe('');
    const kept = await page.evaluate<string>('JSON.stringify([localStorage, sessionStorage])');
    expect(kept).not.toMatch(/eyJ|rt_/);
    const cookies = await visitor.context.cookies();
    expect(cookies.map(({ httpOnly }) => httpOnly)).toEqual([true, true]);
  });

  it('imports a flow', async () => {
    expect(await visitor.flaws('flows-empty')).toEqual([]);
    const examples = ['prompt-greeting', 'chat'].map((name) => join(Program.root, `examples/${name}.json`));
    await page.getByLabel('Flow exports').setInputFiles(examples);
    await page.getByRole('status').filter({ hasText: 'Chat with a model was imported' }).waitFor();
    await page.getByRole('table').getByRole('link', { name: 'Prompt greeting', exact: true }).waitFor();
    expect(await visitor.flaws('flows')).toEqual([]);
  });

  it('refuses a file that is no flow with a sentence', async () => {
    const file = { name: 'notes.json', mimeType: 'application/json', buffer: Buffer.from('not JSON') };
    await page.getByLabel('Flow exports').setInputFiles([file]);
    await page.getByRole('status').filter({ hasText: 'notes.json was not imported. It is not JSON.' }).waitFor();
  });

  it('stores a variable that nobody reads back', async () => {
    await page.getByRole('link', { name: 'Variables' }).click();
    await heading('Global variables');
    expect(await visitor.flaws('variables-empty')).toEqual([]);
    await button('Add variable').click();
    await page.getByLabel('Name').fill('OPENAI_API_KEY');
    await page.getByLabel('Value').fill(providerKey);
    await page.getByLabel('Apply to fields').fill('OpenAI API Key');
    await page.getByLabel('Apply to fields').press('Enter');
    expect(await visitor.flaws('variable-dialog')).toEqual([]);
    await button('Save').click();
    await row('OPENAI_API_KEY').filter({ hasText: 'Credential' }).waitFor();
    expect(await page.content()).not.toContain(providerKey);
  });

  it('stores a value that can be read back', async () => {
    await button('Add variable').click();
    await page.getByLabel('Name').fill('OPENAI_API_BASE');
    await page.getByLabel('Generic').check();
    await page.getByLabel('Value').fill(model.url);
    await button('Save').click();
    await row('OPENAI_API_BASE').filter({ hasText: model.url }).waitFor();
    expect(await visitor.flaws('variables')).toEqual([]);
  });

  it('makes a variable of a secret that it found in a file', async () => {
    await page.getByRole('link', { name: 'Flows' }).click();
    await heading('Flows');
    const fields = { api_key: { password: true, value: secretInFile }, token: { password: true, value: secretInFile } };
    const bound = { key: { password: true, display_name: 'OpenAI API Key', value: '' } };
    const nodes = [langflowNode('Search-1', 'Search', fields), langflowNode('Model-1', 'Model', bound)];
    const content = JSON.stringify(langflowExport(nodes, [], { name: 'With secrets' }));
    const file = { name: 'secrets.json', mimeType: 'application/json', buffer: Buffer.from(content) };
    await page.getByLabel('Flow exports').setInputFiles([file]);
    const report = page.getByRole('status').filter({ hasText: 'With secrets was imported' });
    await report.getByText('OPENAI_API_KEY').waitFor();
    await button('Make it a variable: api_key of Search').click();
    await page.getByLabel('Name').fill('SEARCH_KEY');
    expect(await visitor.flaws('name-secret-dialog')).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Make it a variable' }).click();
    await report.getByText('now the variable SEARCH_KEY').waitFor();
    expect(await visitor.flaws('import-report')).toEqual([]);
  });

  it('says which flows use a variable, and asks before one of them loses it', async () => {
    await page.getByRole('link', { name: 'Variables' }).click();
    await heading('Global variables');
    await row('SEARCH_KEY').getByRole('link', { name: 'With secrets' }).waitFor();
    await row('OPENAI_API_KEY').getByRole('link', { name: 'With secrets' }).waitFor();
    await row('OPENAI_API_BASE').filter({ hasText: 'No flow' }).waitFor();
    expect(await visitor.flaws('variables-used')).toEqual([]);
    expect(await page.content()).not.toContain(secretInFile);
    await button('Delete SEARCH_KEY').click();
    const dialog = page.getByRole('alertdialog').filter({ hasText: 'It is used by “With secrets”.' });
    await dialog.getByRole('button', { name: 'Delete variable' }).click();
    await row('SEARCH_KEY').waitFor({ state: 'detached' });
  });

  it('shows a new key once', async () => {
    await page.getByRole('link', { name: 'API keys' }).click();
    await heading('API keys');
    expect(await visitor.flaws('keys-empty')).toEqual([]);
    await button('Create key').click();
    await page.getByLabel('Name').fill('billing service');
    expect(await visitor.flaws('key-dialog')).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).click();
    const reveal = page.getByRole('dialog', { name: 'Your new API key' });
    key = (await reveal.locator('code').textContent()) ?? '';
    expect(key).toMatch(/^\w{20,}$/);
    await visitor.context.grantPermissions(['clipboard-read']);
    await reveal.getByRole('button', { name: 'Copy the key' }).click();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(key);
    expect(await visitor.flaws('key-reveal')).toEqual([]);
    await page.keyboard.press('Escape');
    await button('I stored it').click();
    await row('billing service').waitFor();
    expect(await page.content()).not.toContain(key);
  });

  it('talks with a flow', async () => {
    await page.getByRole('link', { name: 'Flows' }).click();
    await page.getByRole('table').getByRole('link', { name: 'Prompt greeting', exact: true }).click();
    await heading('Prompt greeting');
    expect(await visitor.flaws('playground-empty')).toEqual([]);
    await page.getByLabel('Message', { exact: true }).fill('How are you?');
    await page.keyboard.press('Enter');
    await page.getByRole('log').getByRole('article').filter({ hasText: 'How are you?' }).nth(1).waitFor();
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('');
    expect(await visitor.flaws('playground')).toEqual([]);
    expect(await page.getByRole('region', { name: 'curl code' }).textContent()).toContain('<your API key>');
  });

  it('shows an answer while it is written, and stops when told to', async () => {
    await page.getByRole('link', { name: 'Flows', exact: true }).first().click();
    await page.getByRole('table').getByRole('link', { name: 'Chat with a model', exact: true }).click();
    const ask = async (text: string) => {
      await page.getByLabel('Message', { exact: true }).fill(text);
      await button('Send').click();
    };
    const answer = page.getByRole('log').getByRole('article').filter({ hasText: 'You said:' });
    await ask(`${'a long question '.repeat(40)}to its end`);
    await answer.filter({ hasText: 'long question' }).waitFor();
    await button('Stop').click();
    await page.getByRole('log').getByText('Stopped.').waitFor();
    expect(await answer.textContent()).not.toContain('to its end');
    await button('New session').click();
    await ask('What is kept here?');
    await answer.filter({ hasText: 'What is kept here?' }).waitFor();
    await button('Send').waitFor();
    expect(await visitor.flaws('playground-model')).toEqual([]);
  });

  it('counts the uses of a key and refuses it once it is revoked', async () => {
    const client = new Client(installation.url);
    const run = () => client.run('prompt-greeting', { input_value: 'Hello' }, { 'x-api-key': key });
    expect(await run()).toMatchObject({ status: 200 });
    const uses = async () => {
      await page.goto('/settings/api-keys');
      return row('billing service').getByRole('cell').nth(5).textContent();
    };
    expect(await eventually(uses, (count) => count?.trim() === '1')).toBe('1');
    expect(await visitor.flaws('keys')).toEqual([]);
    await button('Revoke billing service').click();
    expect(await visitor.flaws('confirm')).toEqual([]);
    await button('Revoke key').click();
    await page.getByRole('heading', { name: 'No keys yet' }).waitFor();
    expect(await run()).toMatchObject({ status: 403 });
  });

  it('remembers the appearance that was chosen', async () => {
    const scheme = 'getComputedStyle(document.documentElement).colorScheme';
    await button(/: account and appearance$/).click();
    await page.getByRole('menuitem', { name: 'Appearance' }).click();
    await page.getByRole('menuitemradio', { name: 'Dark' }).click();
    await page.reload();
    await heading('API keys');
    expect(await page.evaluate(scheme)).toBe('dark');
  });

  it('can be used with the keyboard alone', async () => {
    await page.reload();
    await heading('API keys');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
  });

  it('has a page for addresses that name nothing', async () => {
    await page.goto('/no/such/page');
    await heading('There is no page here');
    expect(await visitor.flaws('not-found')).toEqual([]);
  });

  it('refreshes a session that ran out without a word', async () => {
    const cookies = await visitor.context.cookies();
    await visitor.context.clearCookies({ name: /access/ });
    expect((await visitor.context.cookies()).length).toBe(cookies.length - 1);
    await page.goto('/flows');
    await heading('Flows');
  });

  it('signs out', async () => {
    await button(/: account and appearance$/).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await heading('Sign in to Flowkeep');
    await page.goto('/flows');
    await heading('Sign in to Flowkeep');
  });

  it('ran without a complaint, and asked nobody else', () => {
    expect(visitor.complaints).toEqual([]);
    expect([...visitor.origins]).toEqual([installation.url]);
  });
});
