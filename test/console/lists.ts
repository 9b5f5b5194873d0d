import assert from 'node:assert/strict';
import { openPage } from './browser.ts';
import type { Scene } from './scene.ts';

/** Compares two images, and keeps the comparison in the address. */
export async function compareImages({ url, digests, browser }: Scene): Promise<void> {
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
}

/** Names the sources that need attention first, with the age of their content. */
export async function readSources({ url, browser }: Scene): Promise<void> {
  const { page } = await openPage(browser, url);
  await page.goto(`${url}/sources`);
  await page.getByText('2 stale, 2 unknown age').waitFor();
  const cards = page.locator('main section');
  assert.deepEqual(await cards.getByRole('heading').allTextContents(), ['epss', 'kev', 'alpine', 'nvd']);
  // The catalogue of the example is of 2023-11-21.
  await cards.nth(1).getByText('the newest advisory is of 2023-11-21').waitFor();
  // Three images of the scene have packages of Alpine. Lists of ratings have no images of their own.
  const relying = cards.getByRole('link', { name: '3', exact: true });
  assert.equal(await relying.count(), 1);
  assert.equal(await relying.getAttribute('href'), '/images?source=alpine');
  await page.getByLabel('Source, feed or system').fill('alpine:v3.20');
  await page.keyboard.press('Enter');
  const covered = page.getByRole('link', { name: 'alpine:v3.20' }).first();
  assert.equal(await covered.getAttribute('href'), '/images?namespace=alpine%3Av3.20');
  assert.deepEqual(await cards.getByRole('heading').allTextContents(), ['alpine']);
}

/** Draws the versions of a package in their order, with what affects each. */
export async function drawVersions({ url, browser }: Scene): Promise<void> {
  const { page } = await openPage(browser, url);
  await page.goto(`${url}/packages`);
  await page.getByLabel('Package', { exact: true }).fill('busybox');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'busybox' }).click();
  const rows = page.getByRole('table', { name: 'Versions in the fleet' }).getByRole('row');
  await rows.nth(2).waitFor();
  const cells = async (index: number) => await rows.nth(index).getByRole('cell').allTextContents();
  // SecDB of Alpine fixes both in 1.36.1-r29. Two images have release 28, and one has release 29.
  assert.deepEqual(await cells(1), ['1.36.1-r28', '2', '2', 'CVE-2023-42364CVE-2023-42365']);
  assert.deepEqual(await cells(2), ['1.36.1-r29', '1', '0', 'none']);
  assert.equal(await page.locator('svg.ruler .bar').count(), 2);
}

/** Lists upgrades as the server ranks them. */
export async function rankUpgrades({ url, browser }: Scene): Promise<void> {
  const { page } = await openPage(browser, url);
  await page.goto(`${url}/upgrades`);
  const rows = page.getByRole('table', { name: /^Upgrades/ }).getByRole('row');
  await rows.nth(1).waitFor();
  const { upgrades } = (await (await fetch(`${url}/api/v1/upgrades?limit=20`)).json()) as {
    readonly upgrades: readonly {
      readonly package: string;
      readonly namespace: string;
      readonly images: number;
    }[];
  };
  assert.equal(await rows.count(), upgrades.length + 1);
  for (const [index, upgrade] of upgrades.entries()) {
    const cells = rows.nth(index + 1).getByRole('cell');
    assert.ok((await cells.nth(1).textContent())?.startsWith(upgrade.package), upgrade.package);
    assert.equal(await cells.nth(3).textContent(), String(upgrade.images));
    const href = (await cells.nth(3).getByRole('link').getAttribute('href')) ?? '';
    const asked = new URLSearchParams({ upgrade: upgrade.package, namespace: upgrade.namespace }).toString();
    const [list = '', plan = ''] = href.split('&plan=');
    assert.equal(list, `/images?${asked}`);
    assert.match(decodeURIComponent(plan), /^.+\+.+\+→\+/);
    const { images } = (await (await fetch(`${url}/api/v1${list}`)).json()) as { readonly images: unknown[] };
    assert.equal(images.length, upgrade.images);
  }
  await page.getByLabel('Repository').fill('registry.example/none');
  await page.keyboard.press('Enter');
  await page.getByText('No image matches this repository, label or system.').waitFor();
}
