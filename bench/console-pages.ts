/**
 * Measures how soon the views of the console show something on a slow phone: Chromium with a quarter of this machine's speed, 1.6 Mbit/s and
 * 150 ms of delay, as Lighthouse simulates it. Each view is opened in a new profile. The limits are those that web.dev calls good. Exits
 * with 1 if a view exceeds one. Run:
 *
 *     npm run bench -- pages
 */
import { test } from 'node:test';
import type { Browser } from 'playwright-core';
import { narrow, openPage, startBrowser } from '../test/console/browser.ts';
import { type SeededServer, seededServer } from '../test/console/seeded-server.ts';

const slowNetwork = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 93_750 };
const cpuSlowdown = 4;

/** A view is observed this long after its data has arrived, in milliseconds. */
const settleMs = 1000;

/** Limits of `web.dev/articles/vitals` and of Lighthouse: two times and a sum in milliseconds, a share, and bytes. */
const limits: Figures = { firstPaint: 1800, largestPaint: 2500, blocked: 200, shift: 0.1, bytes: 90_000 };

interface Figures {
  readonly firstPaint: number;
  readonly largestPaint: number;
  /** Sum of what tasks took beyond 50 ms. */
  readonly blocked: number;
  readonly shift: number;
  /** Received bytes, compressed, with those of the data. */
  readonly bytes: number;
}

function viewsOf({ digests }: SeededServer): readonly string[] {
  const web = digests['shop/web:1.0'] ?? '';
  const image = [`/images/${web}`, `/images/${web}/findings`, `/images/${web}/packages`];
  const lists = ['/images', '/findings', '/advisories', '/packages', '/upgrades', '/sources', '/triage'];
  return ['/', ...lists, '/advisories/CVE-2024-31449', ...image];
}

/** Runs in the page before its scripts. */
const observe = `(() => {
  const observed = { firstPaint: 0, largestPaint: 0, blocked: 0, shift: 0 };
  window.observed = observed;
  const watch = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  watch('paint', ({ name, startTime }) => {
    if (name === 'first-contentful-paint') observed.firstPaint = startTime;
  });
  watch('largest-contentful-paint', ({ startTime }) => { observed.largestPaint = startTime; });
  watch('layout-shift', ({ value, hadRecentInput }) => { if (!hadRecentInput) observed.shift += value; });
  watch('longtask', ({ startTime, duration }) => {
    if (observed.firstPaint > 0 && startTime >= observed.firstPaint) observed.blocked += Math.max(duration - 50, 0);
  });
})()`;

await test('pages', async (t) => {
  const server = await seededServer(t);
  const browser = await startBrowser(t);
  const rows: string[] = [];
  let exceeded = 0;
  for (const path of viewsOf(server)) {
    const figures = await measureView(browser, server.url, path);
    const isMet = Object.entries(limits).every(([name, limit]) => figures[name as keyof Figures] <= limit);
    if (!isMet) exceeded++;
    rows.push(rowOf(path.replaceAll(/sha256:[\da-f]+/g, 'DIGEST'), figures, isMet));
  }
  const head = ['view', 'first paint ms', 'largest paint ms', 'blocked ms', 'layout shift', 'KB', 'met'];
  const target = rowOf('limit', limits, true).replace(/yes \|$/, '|');
  console.log(
    [`| ${head.join(' | ')} |`, '|---|---:|---:|---:|---:|---:|---|', target, ...rows, ''].join('\n'),
  );
  if (exceeded > 0) process.exitCode = 1;
});

function rowOf(name: string, figures: Figures, isMet: boolean): string {
  const { firstPaint, largestPaint, blocked, shift, bytes } = figures;
  const numbers = [firstPaint.toFixed(0), largestPaint.toFixed(0), blocked.toFixed(0), shift.toFixed(3)];
  return `| ${[name, ...numbers, (bytes / 1000).toFixed(1), isMet ? 'yes' : '**no**'].join(' | ')} |`;
}

async function measureView(browser: Browser, url: string, path: string): Promise<Figures> {
  const { page, context } = await openPage(browser, url, { width: narrow });
  const session = await context.newCDPSession(page);
  let bytes = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', slowNetwork);
  await session.send('Emulation.setCPUThrottlingRate', { rate: cpuSlowdown });
  await page.addInitScript(observe);
  await page.goto(url + path);
  await page.locator('h1').waitFor();
  await page.locator('.loading').first().waitFor({ state: 'detached' });
  await page.waitForTimeout(settleMs);
  const figures = await page.evaluate<Omit<Figures, 'bytes'>>('window.observed');
  await context.close();
  return { ...figures, bytes };
}
