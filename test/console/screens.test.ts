import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { noRegistry } from '../e2e/debian-registry.ts';
import { noBrowser, openPage, startBrowser } from './browser.ts';
import { type SeededServer, seededServer } from './seeded-server.ts';

const skip = noBrowser || noRegistry;

/** An address of the console, and a text that shows that its data has arrived. */
type Screen = readonly [path: string, text: RegExp];

/** Screens whose routes every server has. The hostile image has names that would be markup, and controls of the direction. */
function screensOf({ digests }: SeededServer): Screen[] {
  const { 'shop/hostile:1': hostile = '', 'shop/web:1.0': web = '' } = digests;
  return [
    [`/diff?a=${web}&b=${hostile}`, /Packages added/],
    ['/sources', /alpine/],
  ];
}

/** Returns the faults of accessibility in the light colours, and of contrast in the dark ones. */
async function faultsOf(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await new AxeBuilder({ page }).withRules(['color-contrast']).analyze();
  await page.emulateMedia({ colorScheme: 'light' });
  return [...violations, ...dark.violations].map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`,
  );
}

test('screens of the console', { skip, timeout: 120_000 }, async (t) => {
  const seeded = await seededServer(t);
  const { url, digests } = seeded;
  const browser = await startBrowser(t);

  await t.test('have no fault of accessibility, fit a phone, and show hostile names as text', async () => {
    const { page, problems } = await openPage(browser, url, { width: 390 });
    for (const [path, text] of screensOf(seeded)) {
      await page.goto(url + path);
      await page.locator('main').getByText(text).first().waitFor();
      assert.deepEqual([path, ...(await faultsOf(page))], [path]);
      const isWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
      assert.equal(isWide, false, `${path} is wider than a phone`);
      assert.equal(await page.evaluate('window.hacked'), undefined, path);
    }
    assert.deepEqual(problems, []);
  });

  await t.test('compare two images, and keep the comparison in the address', async () => {
    const { page } = await openPage(browser, url);
    await page.goto(`${url}/images/${digests['shop/web:1.0']}/diff`);
    const after = page.getByRole('group', { name: 'After' });
    await after.getByLabel('Image').fill(digests['shop/web:1.1'] ?? '');
    await page.getByRole('button', { name: 'Compare' }).click();
    // Version 1.1 has no OpenSSL and a newer BusyBox: the ten findings of these packages are gone, and those of Redis stay.
    await page.getByText('10 gone because the image changed.').waitFor();
    await page.getByText('3 findings are the same.').waitFor();
    assert.deepEqual(Object.fromEntries(new URL(page.url()).searchParams), {
      a: digests['shop/web:1.0'],
      b: digests['shop/web:1.1'],
    });
    await page.getByRole('link', { name: 'Swap sides' }).click();
    await page.getByText('10 new because the image changed.').waitFor();
    await page.getByLabel('Cause').selectOption('knowledge');
    await page.getByRole('heading', { name: 'New (0)' }).waitFor();
  });

  await t.test('name the sources that need attention first, with the age of their content', async () => {
    const { page } = await openPage(browser, url);
    await page.goto(`${url}/sources`);
    await page.getByText('2 stale, 2 current').waitFor();
    const cards = page.locator('main section');
    assert.deepEqual(await cards.getByRole('heading').allTextContents(), ['epss', 'kev', 'alpine', 'nvd']);
    // The catalogue of the example is of 2023-11-21.
    await cards.nth(1).getByText('the newest advisory is of 2023-11-21').waitFor();
    await page.getByLabel('Source, feed or system').fill('alpine:v3.20');
    await page.keyboard.press('Enter');
    const covered = page.getByRole('link', { name: 'alpine:v3.20' }).first();
    assert.equal(await covered.getAttribute('href'), '/images?namespace=alpine%3Av3.20');
    assert.deepEqual(await cards.getByRole('heading').allTextContents(), ['alpine']);
  });
});
