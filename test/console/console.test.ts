import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { inCheckout } from '../e2e/clair.ts';
import { noRegistry } from '../e2e/debian-registry.ts';
import { runServer } from '../e2e/serve-process.ts';
import { noBrowser, openPage, startBrowser } from './browser.ts';
import { hostile, type SeededServer, seededServer } from './seeded-server.ts';

/** Maximum size of everything that the first view needs, compressed. */
const firstLoadBytes = 90_000;
const narrow = 390;
const skip = noBrowser || noRegistry;

/** A server and a browser for all tests of the suite. */
interface Scene extends SeededServer {
  readonly browser: Browser;
}

test('the first load is small', () => {
  const page = readFileSync(inCheckout('dist/console/index.html'), 'utf8');
  const names = Array.from(page.matchAll(/"\/console\/([^"]+)"/g), ([, name]) => `dist/console/${name}.br`);
  const files = ['dist/console/index.html.br', ...names].map((name) => readFileSync(inCheckout(name)));
  const bytes = files.reduce((sum, file) => sum + file.length, 0);
  assert.ok(names.length >= 2);
  assert.ok(bytes <= firstLoadBytes, `${bytes} bytes`);
});

suite('console', { skip, timeout: 180_000 }, () => {
  test('shows the fleet in a browser', async (t) => {
    const scene = { ...(await seededServer(t)), browser: await startBrowser(t) };
    await t.test('leads from an image to the reason of a finding', () => leadsToReason(scene));
    await t.test('leads by the keyboard alone', () => leadsByKeyboard(scene));
    await t.test('saves exactly the affected images as CSV', () => savesImages(scene));
    await t.test('holds the view in the address', () => holdsView(scene));
    await t.test('shows every screen without serious faults of accessibility', () => isAccessible(scene));
    await t.test('shows texts of images as text', () => showsText(scene));
    await t.test('keeps what it has when the server fails', () => keepsData(scene));
    await t.test('accepts a risk after a preview', () => acceptsRisk(scene));
  });

  test('signs in with a token, and asks again when the session ends', asksForToken);
});

async function leadsToReason({ url, digests, browser }: Scene): Promise<void> {
  const { page, context, problems } = await openPage(browser, url);
  await page.goto(url);
  await page.getByRole('heading', { name: 'Today' }).waitFor();
  await page.getByRole('link', { name: 'Images', exact: true }).click();
  await page.getByRole('table', { name: 'Images that scans have read' }).waitFor();
  await page.getByRole('link', { name: /shop\/web:1\.0/ }).click();
  await page.getByRole('link', { name: /^Findings/ }).click();
  await page.getByRole('link', { name: 'CVE-2024-31449' }).click();
  await page.getByRole('dialog', { name: 'CVE-2024-31449' }).getByText('< 7.2.5-r1').waitFor();
  assert.equal(new URL(page.url()).pathname, `/images/${digests['shop/web:1.0']}/findings`);
  assert.deepEqual(problems, []);
  await context.close();
}

async function leadsByKeyboard({ url, browser }: Scene): Promise<void> {
  const { page, context } = await openPage(browser, url);
  await page.goto(`${url}/images`);
  await page.getByRole('link', { name: /shop\/web:1\.0/ }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  assert.equal(await focusedText(page), await page.locator('tbody tr:first-child td.name a').textContent());
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: 'Parts of the report' }).waitFor();
  assert.equal(await page.evaluate('document.activeElement.tagName'), 'H1');
  await page.keyboard.press('/');
  await page.keyboard.type('cve-2024-6119');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/advisories\/CVE-2024-6119/);
  await page
    .getByRole('table', { name: 'Affected images' })
    .getByRole('link', { name: /shop\/web:1\.0/ })
    .waitFor();
  await context.close();
}

async function savesImages({ url, browser }: Scene): Promise<void> {
  const { page, context } = await openPage(browser, url);
  await page.goto(`${url}/advisories/CVE-2024-6119`);
  const images = page.locator('#images');
  await images
    .getByRole('link', { name: /shop\/web:1\.0/ })
    .first()
    .waitFor();
  const download = page.waitForEvent('download');
  await images.getByRole('button', { name: 'Export CSV' }).click();
  const path = await (await download).path();
  const rows = readFileSync(path, 'utf8').trimEnd().split('\r\n').slice(1);
  // One row for each package: libcrypto3 and libssl3.
  assert.equal(rows.length, 2);
  assert.ok(rows.every((row) => row.includes('shop/web:1.0')));
  assert.equal(await images.locator('tbody tr').count(), 1);
  await context.close();
}

async function focusedText(page: Page): Promise<unknown> {
  return await page.evaluate('document.activeElement.textContent');
}

async function holdsView({ url, digests, browser }: Scene): Promise<void> {
  const { page, context } = await openPage(browser, url);
  const rows = page.locator('main tbody tr');
  await page.goto(`${url}/images/${digests['shop/web:1.0']}/findings`);
  await page.getByLabel('Severity').selectOption('High');
  await page.waitForURL(/severity=High/);
  const shown = await rows.count();
  assert.ok(shown > 0);
  await page.reload();
  await page.locator('main tbody tr').first().waitFor();
  assert.equal(await rows.count(), shown);
  await page.getByLabel('As of').fill('2020-01-01');
  await page.getByText('You see what was known on 2020-01-01').waitFor();
  await page.getByText('Nothing was found. Not everything was assessed').waitFor();
  await context.close();
}

/** Paths of screens. Those of `screens.test.ts` are not among them. */
function screensOf({ digests }: Scene): string[] {
  const image = `/images/${digests['shop/web:1.0']}`;
  return [
    ...['/', '/images', '/findings', '/advisories', '/advisories/CVE-2024-31449', '/changes'],
    ...['', '/findings?why=CVE-2024-4741', '/packages', '/layers'].map((part) => image + part),
  ];
}

async function isAccessible(scene: Scene): Promise<void> {
  const { page, context, problems } = await openPage(scene.browser, scene.url);
  for (const path of screensOf(scene)) {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(scene.url + path);
    await isSettled(page);
    assert.deepEqual(await seriousFaults(new AxeBuilder({ page })), [], path);
    // Colours are all that differs between the themes.
    await page.emulateMedia({ colorScheme: 'dark' });
    const contrast = new AxeBuilder({ page }).withRules('color-contrast');
    assert.deepEqual(await seriousFaults(contrast), [], `dark ${path}`);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: narrow, height: 844 });
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), narrow, `width of ${path}`);
  }
  assert.deepEqual(problems, []);
  await context.close();
}

async function seriousFaults(axe: AxeBuilder): Promise<unknown[]> {
  const { violations } = await axe.analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return serious.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html)]);
}

/** Waits until nothing is loading. */
async function isSettled(page: Page): Promise<void> {
  await page.locator('h1').waitFor();
  await page.locator('.loading').first().waitFor({ state: 'detached' });
}

async function showsText({ url, digests, browser }: Scene): Promise<void> {
  const { page, context, problems } = await openPage(browser, url);
  const image = `${url}/images/${digests['shop/hostile:1']}`;
  for (const part of ['', '/findings', '/packages', '/layers']) {
    await page.goto(image + part);
    await page.getByText(hostile.script).first().waitFor();
  }
  // A version, a name and a description as no reader lets them through.
  await page.route('**/report*', async (route) => {
    const response = await route.fetch();
    const text = (await response.text())
      .replaceAll('1.36.1-r28', hostile.long)
      .replaceAll('"busybox"', JSON.stringify(`${hostile.reversed}${hostile.image}`));
    await route.fulfill({ response, body: text });
  });
  await page.setViewportSize({ width: narrow, height: 844 });
  await page.goto(`${image}/findings`);
  await page.getByText(hostile.image).first().waitFor();
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), narrow);
  await page.getByRole('link', { name: 'CVE-2023-42364' }).click();
  await page.getByRole('dialog').waitFor();
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), narrow);
  assert.equal(await page.evaluate('window.hacked'), undefined);
  assert.equal(await page.locator('main img, main script, dialog img').count(), 0);
  assert.deepEqual(problems, []);
  await context.close();
}

async function keepsData({ url, digests, browser }: Scene): Promise<void> {
  const { page, context } = await openPage(browser, url);
  await page.goto(`${url}/images`);
  await page.getByRole('link', { name: /shop\/web:1\.0/ }).waitFor();
  await page.route('**/api/v1/**', (route) => route.fulfill({ status: 500, body: '<b>proxy</b>' }));
  await page.getByRole('link', { name: 'Today', exact: true }).click();
  await page.getByRole('alert').first().getByText('The server answered with status 500.').waitFor();
  await page.getByRole('link', { name: 'Images', exact: true }).click();
  await page.getByRole('alert').getByText('The server did not answer the last request').waitFor();
  await page.getByRole('link', { name: /shop\/web:1\.0/ }).waitFor();
  await page.unroute('**/api/v1/**');
  await page.route('**/api/v1/**', (route) => route.abort());
  await page.goto(`${url}/images/${digests['shop/web:1.0']}`);
  await page.getByRole('alert').getByText('The server does not answer.').waitFor();
  await page.unroute('**/api/v1/**');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('13 findings, 13 with a fix.').waitFor();
  await context.close();
}

async function acceptsRisk({ url, digests, browser }: Scene): Promise<void> {
  const { page, context } = await openPage(browser, url);
  await page.goto(`${url}/triage`);
  await page.getByLabel('Vulnerability').fill('CVE-2024-31449');
  await page.getByLabel('Reason').fill(`'quoted' "reason": ${hostile.script}`);
  await page.getByRole('button', { name: 'Preview' }).first().click();
  await page.getByText('This suppresses 2 findings in 2 images.').waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved as accepted-CVE-2024-31449.yaml.').waitFor();
  await page.getByRole('cell', { name: 'accepted-CVE-2024-31449.yaml' }).first().waitFor();
  await page.goto(`${url}/images/${digests['shop/web:1.0']}`);
  await page.getByText('12 findings, 12 with a fix.').waitFor();
  await page.getByText('1 finding is suppressed').waitFor();
  await context.close();
}

async function asksForToken(t: TestContext): Promise<void> {
  const token = 'token-of-a-reader';
  const { ports } = await runServer(t, ['serve'], {
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    CLAIR_API_TOKENS: `read:${Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(token))).toString('hex')}:auditor`,
    CLAIR_UPDATER_INTERVAL: '0',
    CLAIR_DATABASE_OPTIONS_PATH: join(temporaryDirectory(t), 'clair.db'),
  });
  const url = `http://127.0.0.1:${ports.api}`;
  const { page, context } = await openPage(await startBrowser(t), url);
  await page.goto(`${url}/images`);
  await page.getByLabel('Token').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('The server does not accept this token').waitFor();
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('No image yet').waitFor();
  assert.match(await page.evaluate('document.cookie'), /^$/, 'scripts cannot read the cookie');
  await context.clearCookies();
  await page.getByRole('link', { name: 'Sources', exact: true }).click();
  await page.getByText('Your session has ended.').waitFor();
  await page.getByRole('link', { name: 'Images', exact: true }).click();
  await page.getByText('No image yet').waitFor();
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Token').waitFor({ state: 'detached' });
}
