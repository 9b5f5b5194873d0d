import assert from 'node:assert/strict';
import { openPage } from './browser.ts';
import type { Scene } from './scene.ts';
import { hostile, type SeededServer } from './seeded-server.ts';
import { faultsOf } from './widths.ts';

/** An address of the console, and texts of its data: one of each request that it makes. */
type Screen = readonly [path: string, ...texts: readonly RegExp[]];

/** All screens, with names that would be markup and controls of the direction, as far as a screen has names. */
function screensOf({ digests }: SeededServer): Screen[] {
  const {
    'shop/hostile:1': strange = '',
    'shop/web:1.0': web = '',
    'shop/unknown:1': unknown = '',
  } = digests;
  return [
    ['/', /7\.2\.5-r1/, /CVE-2026-7777/, /in no image/, /out of support since 2026-04-01/, /stale/],
    ['/images', /shop\/web:1\.0/],
    ['/images?q=none', /No image matches these filters/],
    ['/findings?repository=none', /No image matches this repository/],
    ['/findings', /CVE-2024-31449/],
    ['/advisories', /CVE-2024-31449/],
    ['/advisories/CVE-2024-31449', /7\.2\.5-r1/, /shop\/web:1\.0/],
    ['/changes', /CVE-2026-7777/],
    ['/news/image-added', /shop\/web:1\.0/],
    [`/images/${web}`, /12 findings/, /These upgrades take the image/],
    [`/images/${unknown}`, /Not everything was assessed/i],
    [`/images/${strange}/findings`, /<script>window/],
    [`/images/${web}/findings?why=CVE-2024-4741`, /3\.3\.0-r3/],
    [`/images/${strange}/packages`, /<script>window/],
    [`/images/${strange}/layers`, /<script>window/],
    [`/images/${web}/history`, /Some advisories were not loaded at that time/],
    [`/images/${web}/diff`, /For one image at two dates/],
    [`/images/${web}/raw`, /SBOM \(SPDX\)/],
    [`/diff?a=${web}&b=${strange}`, /Packages added/],
    ['/sources', /alpine/],
    ['/packages', /<script>window/],
    [`/packages/versions?namespace=alpine:v3.20&name=${encodeURIComponent(hostile.script)}`, /9\.0-r0/],
    ['/upgrades', /9\.0-r0/],
    ['/upgrades/bases', /No image is known to be the base of another one/],
    ['/notifications', /CVE-2026-7777/],
    ['/triage', /risk accepted/],
  ];
}

/**
 * Checks accessibility in both themes, and the layout at three widths. Nothing of an image may be markup, and no screen asks twice for the
 * same.
 */
export async function checkScreens(scene: Scene): Promise<void> {
  const { page, problems } = await openPage(scene.browser, scene.url);
  const faults: string[] = [];
  let asked: string[] = [];
  page.on('request', (request) => asked.push(`${request.method()} ${request.url()}`));
  for (const [path, ...texts] of screensOf(scene)) {
    asked = [];
    await page.goto(scene.url + path);
    await page.locator('h1').waitFor();
    await page.locator('.loading').first().waitFor({ state: 'detached' });
    for (const text of texts) await page.locator('main').getByText(text).first().waitFor();
    assert.deepEqual(asked, [...new Set(asked)], path);
    faults.push(...(await faultsOf(page)).map((fault) => `${path} ${fault}`));
    assert.equal(await page.evaluate('window.hacked'), undefined, path);
  }
  assert.deepEqual(faults, []);
  assert.deepEqual(problems, []);
}
