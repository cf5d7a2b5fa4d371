import { beforeEach, describe, expect, it } from '@jest/globals';
import { provideRouter } from '@angular/router';
import { ApiClient, ApiProblem } from '@flowkeep/admin-api';
import { FakeApi, render, sampleFlow, sampleMessage } from '@flowkeep/admin-testing';
import { PlaygroundPage } from './playground-page.ts';

describe('the playground', () => {
  let api: FakeApi;

  beforeEach(() => {
    api = new FakeApi()
      .answer('getFlow', () => sampleFlow({ description: 'Says hello.' }))
      .answerRun(async function* () {
        const message = sampleMessage({ text: 'Hello, Ada!' });
        yield await Promise.resolve({ type: 'message' as const, message, state: 'complete' as const });
      });
  });

  const open = () =>
    render(PlaygroundPage, [provideRouter([]), { provide: ApiClient, useValue: api }], { id: sampleFlow().id });

  const press = async (page: Awaited<ReturnType<typeof open>>, init: KeyboardEventInit) => {
    const event = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...init });
    page.element.querySelector('textarea')?.dispatchEvent(event);
    await page.settle();
    return event.defaultPrevented;
  };

  it('names the flow and shows how to call it', async () => {
    const page = await open();
    expect(page.element.querySelector('h1')?.textContent).toBe('Greeting');
    expect(page.text()).toContain('Says hello.');
    expect(page.text()).toContain('/api/v1/run/greeting');
  });

  it('sends with Enter and shows the answer', async () => {
    const page = await open();
    await page.fill('Message', ' Hi ');
    expect(await press(page, {})).toBe(true);
    expect(api.asked('streamRun')).toMatchObject([{ params: { flow: sampleFlow().id }, body: { input: 'Hi' } }]);
    expect(page.element.querySelector('[role=log]')?.textContent).toContain('Hello, Ada!');
    expect(page.element.querySelector('textarea')?.value).toBe('');
  });

  it('empties the field even when Enter follows at once', async () => {
    const page = await open();
    const field = page.element.querySelector('textarea') as HTMLTextAreaElement;
    field.value = 'Hi';
    field.dispatchEvent(new Event('input'));
    await press(page, {});
    expect(api.asked('streamRun')).toHaveLength(1);
    expect(field.value).toBe('');
  });

  it('gives the keyboard back after a button was pressed', async () => {
    const page = await open();
    await page.fill('Message', 'Hi');
    page.controls('Send')[0]?.focus();
    await page.click('Send');
    await page.submit();
    expect(document.activeElement).toBe(page.element.querySelector('textarea'));
  });

  it.each([
    ['Shift is held', { shiftKey: true }],
    ['a word is being composed', { isComposing: true }],
  ])('begins a new line or a word, and sends nothing, while %s', async (_when, init) => {
    const page = await open();
    await page.fill('Message', 'Hi');
    expect(await press(page, init)).toBe(false);
    expect(api.asked('streamRun')).toEqual([]);
  });

  it('sends nothing empty', async () => {
    const page = await open();
    await page.fill('Message', '   ');
    await page.submit();
    expect(api.asked('streamRun')).toEqual([]);
    expect((page.controls('Send')[0] as HTMLButtonElement).disabled).toBe(true);
  });

  it('begins a new session', async () => {
    const page = await open();
    await page.fill('Message', 'Hi');
    await page.submit();
    const session = () => page.element.querySelector('.session code')?.textContent;
    const before = session();
    await page.click('New session');
    expect(session()).not.toBe(before);
    expect(page.text()).not.toContain('Hello, Ada!');
  });

  it('says that there is no such flow', async () => {
    api.answer('getFlow', () => {
      throw new ApiProblem({ title: 'Flow not found', status: 404, code: 'flow_not_found' });
    });
    const page = await open();
    expect(page.text()).toContain('Flow not found');
  });
});
