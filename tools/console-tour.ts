/**
 * Makes the pictures of docs/console.md in Chromium, from a server with scanned images:
 *
 *     npm run console:tour
 */
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { openPage, startBrowser } from '../test/console/browser.ts';
import { type SeededServer, seededServer } from '../test/console/seeded-server.ts';

const directory = 'docs/images/console';
const width = 1280;
const phone = 390;
const quality = 55;

/** A picture: its name, its path, its width and its colours. */
type Picture = readonly [name: string, path: string, width: number, colours: 'light' | 'dark'];

function picturesOf({ digests }: SeededServer): Picture[] {
  const [web, next] = [digests['shop/web:1.0'], digests['shop/web:1.1']];
  return [
    ['today', '/', width, 'light'],
    ['image', `/images/${web}`, width, 'light'],
    ['findings', `/images/${web}/findings`, width, 'dark'],
    ['advisory', '/advisories/CVE-2024-31449', width, 'light'],
    ['why-not', `/images/${web}/findings?why=CVE-2024-4741`, width, 'light'],
    ['compare', `/diff?a=${web}&b=${next}`, width, 'light'],
    ['sources', '/sources', width, 'light'],
    ['phone', '/images?q=web', phone, 'dark'],
  ];
}

await test('tour', async (t) => {
  const server = await seededServer(t);
  const browser = await startBrowser(t);
  for (const [name, path, pixels, colours] of picturesOf(server)) {
    const { page, context } = await openPage(browser, server.url, { width: pixels, colours });
    // The registry of the tour has another port each time.
    await page.route('**/api/v1/**', async (route) => {
      const response = await route.fetch();
      const text = await response.text();
      await route.fulfill({ response, body: text.replaceAll(/127\.0\.0\.1:\d+/g, 'registry.example') });
    });
    await page.goto(server.url + path);
    await page.locator('h1').waitFor();
    await page.locator('.loading').first().waitFor({ state: 'detached' });
    writeFileSync(`${directory}/${name}.webp`, await pictureOf(page));
    await context.close();
  }
});

/** Returns a picture of what is visible as WebP, which is a fifth of PNG. */
async function pictureOf(page: Page): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality });
  return Buffer.from(data, 'base64');
}
