import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser of this machine: that of `CLAIR_TEST_CHROMIUM`, else Debian's. */
const program = [process.env['CLAIR_TEST_CHROMIUM'] ?? '', ...programs].find((path) => existsSync(path));

/** The reason to skip tests in a browser. In CI, the browser must exist. */
export const noBrowser: string | false =
  program === undefined && process.env['CI'] === undefined ? 'chromium is not installed' : false;

/** Width of a phone in CSS pixels. */
export const narrow = 390;

/** Options of a page. */
export interface PageSetup {
  readonly colours?: 'light' | 'dark';
  readonly width?: number;
}

/** Starts the browser until the end of the test, with more options of its command line. */
export async function startBrowser(t: TestContext, more: readonly string[] = []): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: program ?? 'chromium',
    args: ['--no-sandbox', '--disable-gpu', ...more],
  });
  t.after(() => browser.close());
  return browser;
}

/** A page with what went wrong in it. */
export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of scripts, refusals by the policy, and requests to other sites. */
  readonly problems: readonly string[];
}

/** Opens a page that notes errors, and every request to another site. */
export async function openPage(
  browser: Browser,
  url: string,
  { colours = 'light', width = 1280 }: PageSetup = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    colorScheme: colours,
    viewport: { width, height: width < 500 ? 844 : 900 },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // The browser itself reports failed requests, which tests cause on purpose.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      problems.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith('http') && origin !== new URL(url).origin)
      problems.push(`request to ${request.url()}`);
  });
  page.setDefaultTimeout(30_000);
  return { page, context, problems };
}
