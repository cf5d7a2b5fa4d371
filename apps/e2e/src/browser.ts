import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { processEnvironment } from '@flowkeep/config';
import { chromiumPath } from '@flowkeep/testing';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A visitor with a real browser, who notices what a person would not: scripts that fail, rules that are broken. */
export class Visitor {
  /** What the page wrote to its console as an error; refused requests, which tests provoke, are left out. */
  readonly complaints: string[] = [];
  /** Where every address that was asked for lies. */
  readonly origins = new Set<string>();
  /** Where pictures of the pages are put; kept when FLOWKEEP_SCREENSHOTS names a directory. */
  readonly pictures: string;

  private constructor(
    private readonly browser: Browser,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    const kept = processEnvironment()['FLOWKEEP_SCREENSHOTS'];
    this.pictures = kept ?? mkdtempSync(join(tmpdir(), 'flowkeep-pictures-'));
    mkdirSync(this.pictures, { recursive: true });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' && !text.startsWith('Failed to load resource')) this.complaints.push(text);
    });
    page.on('request', (request) => this.origins.add(new URL(request.url()).origin));
  }

  static async arrive(url: string): Promise<Visitor> {
    const browser = await chromium.launch({ executablePath: chromiumPath() as string, args: flags });
    const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 800 } });
    context.setDefaultTimeout(10_000);
    return new Visitor(browser, context, await context.newPage());
  }

  /**
   * What is wrong with the page as it stands, light and dark, wide and narrow: rules of accessibility it breaks, and
   * whether it must be scrolled sideways. Leaves pictures behind.
   */
  async flaws(name: string): Promise<string[]> {
    const flaws: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await this.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const width of [1280, 360]) {
        await this.page.setViewportSize({ width, height: 800 });
        await this.picture(`${name}-${colorScheme}-${width}`);
        const { violations } = await new AxeBuilder({ page: this.page }).analyze();
        for (const { id, nodes } of violations) {
          flaws.push(`${colorScheme} ${width}: ${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
        }
        const beyond = await this.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        if (beyond > 0) flaws.push(`${colorScheme} ${width}: ${beyond} px too wide`);
      }
    }
    await this.page.setViewportSize({ width: 1280, height: 800 });
    await this.page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    return flaws;
  }

  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: join(this.pictures, `${name}.png`) });
  }

  async leave(): Promise<void> {
    await this.browser.close();
  }
}
