import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { accessibilityFaults } from './accessibility.ts';
import { narrow, openPage } from './browser.ts';
import { layoutFaults } from './layout.ts';
import type { Scene } from './scene.ts';
import { hostile, type SeededServer } from './seeded-server.ts';

/** An address of the console, and a text that shows that its data has arrived. */
type Screen = readonly [path: string, text: RegExp];

/** All screens, with names that would be markup and controls of the direction, as far as a screen has names. */
function screensOf({ digests }: SeededServer): Screen[] {
  const {
    'shop/hostile:1': strange = '',
    'shop/web:1.0': web = '',
    'shop/unknown:1': unknown = '',
  } = digests;
  return [
    ['/', /Do first/],
    ['/images', /shop\/web:1\.0/],
    ['/images?q=none', /./],
    ['/findings', /CVE-2024-31449/],
    ['/advisories', /CVE-2024-31449/],
    ['/advisories/CVE-2024-31449', /./],
    ['/changes', /./],
    [`/images/${web}`, /12 findings/],
    [`/images/${unknown}`, /Not everything was assessed/i],
    [`/images/${strange}/findings`, /<script>window/],
    [`/images/${web}/findings?why=CVE-2024-4741`, /./],
    [`/images/${strange}/packages`, /<script>window/],
    [`/images/${strange}/layers`, /<script>window/],
    [`/images/${web}/history`, /./],
    [`/images/${web}/diff`, /./],
    [`/images/${web}/raw`, /./],
    [`/diff?a=${web}&b=${strange}`, /Packages added/],
    ['/sources', /alpine/],
    ['/packages', /<script>window/],
    [`/packages/versions?namespace=alpine:v3.20&name=${encodeURIComponent(hostile.script)}`, /9\.0-r0/],
    ['/upgrades', /9\.0-r0/],
    ['/notifications', /CVE-2026-7777/],
    ['/triage', /risk accepted/],
  ];
}

const desktop = { width: 1280, height: 900 };
const wide = { width: 2560, height: 1400 };
const phone = { width: narrow, height: 844 };

/** Checks accessibility in both themes, and the layout at three widths. Nothing of an image may be markup. */
export async function checkScreens(scene: Scene): Promise<void> {
  const { page, problems } = await openPage(scene.browser, scene.url);
  const faults: string[] = [];
  for (const [path, text] of screensOf(scene)) {
    await page.setViewportSize(desktop);
    await page.goto(scene.url + path);
    await page.locator('h1').waitFor();
    await page.locator('.loading').first().waitFor({ state: 'detached' });
    await page.locator('main').getByText(text).first().waitFor();
    faults.push(...(await faultsOf(page)).map((fault) => `${path} ${fault}`));
    assert.equal(await page.evaluate('window.hacked'), undefined, path);
  }
  assert.deepEqual(faults, []);
  assert.deepEqual(problems, []);
}

/** Colours are all that differs between the themes, so each theme is checked at one width. */
async function faultsOf(page: Page): Promise<string[]> {
  const ofDesktop = [...(await layoutFaults(page)), ...(await accessibilityFaults(page))];
  await page.setViewportSize(wide);
  const ofWide = await layoutFaults(page);
  await page.setViewportSize(phone);
  await page.emulateMedia({ colorScheme: 'dark' });
  const ofPhone = [...(await layoutFaults(page)), ...(await accessibilityFaults(page))];
  await page.emulateMedia({ colorScheme: 'light' });
  return [
    ...ofDesktop.map((fault) => `at ${desktop.width}: ${fault}`),
    ...ofWide.map((fault) => `at ${wide.width}: ${fault}`),
    ...ofPhone.map((fault) => `on a phone: ${fault}`),
  ];
}
