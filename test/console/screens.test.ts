import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { openSqliteStore } from '../../src/store/sql/sqlite-store.ts';
import { feedUpdate, record, stream } from '../../src/testing/store-content.ts';
import { noRegistry } from '../e2e/debian-registry.ts';
import { noBrowser, openPage, startBrowser } from './browser.ts';
import { hostile as names, type SeededServer, seededServer } from './seeded-server.ts';

const skip = noBrowser || noRegistry;

/** An address of the console, and a text that shows that its data has arrived. */
type Screen = readonly [path: string, text: RegExp];

/** Screens whose routes every server has. The hostile image has names that would be markup, and controls of the direction. */
function screensOf({ digests }: SeededServer): Screen[] {
  const { 'shop/hostile:1': hostile = '', 'shop/web:1.0': web = '' } = digests;
  return [
    [`/diff?a=${web}&b=${hostile}`, /Packages added/],
    ['/sources', /alpine/],
    ['/packages', /<script>window/],
    ['/upgrades', /9\.0-r0/],
    [`/packages/versions?namespace=alpine:v3.20&name=${encodeURIComponent(names.script)}`, /9\.0-r0/],
    ['/notifications', /CVE-2026-7777/],
    ['/triage', /risk accepted/],
  ];
}

/** Changes a feed, and makes a notification of each change, as the notifier of servers does. */
async function addNotifications({ database }: SeededServer): Promise<void> {
  await using store = await openSqliteStore(database);
  const apply = async (...ids: string[]): Promise<void> => {
    const update = feedUpdate({ fingerprint: String(ids.length) });
    await store.advisories.apply(update, stream(ids.map((id) => record(id))));
  };
  await apply('CVE-2026-1');
  await apply('CVE-2026-1', 'CVE-2026-7777', names.image);
  await store.notifications.createFromEvents(9);
  const due = await store.notifications.findDue(9);
  const delivered = due.find(({ id }) => id === 'CVE-2026-7777') ?? assert.fail('no notification');
  await store.notifications.markNotified(delivered.name, 60_000);
}

/** Saves a rule that applies, and one that has expired. */
async function saveRules(url: string): Promise<void> {
  const ignore = [
    { id: 'CVE-2024-31228', package: 'redis', reason: names.script },
    { package: 'zlib', reason: 'no input of clients', expires: '2026-02-28' },
  ];
  const response = await fetch(`${url}/api/v1/suppressions/team.yaml`, {
    method: 'PUT',
    body: JSON.stringify({ ignore }),
  });
  assert.equal(response.status, 200);
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

interface Seed {
  readonly seeded: SeededServer;
  readonly browser: Browser;
}

async function compareImages({ seeded, browser }: Seed): Promise<void> {
  const { url, digests } = seeded;
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

async function readSources({ seeded, browser }: Seed): Promise<void> {
  const { url } = seeded;
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
}

async function drawVersions({ seeded, browser }: Seed): Promise<void> {
  const { url } = seeded;
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

async function rankUpgrades({ seeded, browser }: Seed): Promise<void> {
  const { url } = seeded;
  const { page } = await openPage(browser, url);
  await page.goto(`${url}/upgrades`);
  const rows = page.getByRole('table', { name: /^Upgrades/ }).getByRole('row');
  await rows.nth(1).waitFor();
  const { upgrades } = (await (await fetch(`${url}/api/v1/upgrades?limit=20`)).json()) as {
    readonly upgrades: readonly { readonly package: string; readonly images: number }[];
  };
  assert.equal(await rows.count(), upgrades.length + 1);
  for (const [index, upgrade] of upgrades.entries()) {
    const cells = rows.nth(index + 1).getByRole('cell');
    assert.ok((await cells.nth(1).textContent())?.startsWith(upgrade.package), upgrade.package);
    assert.equal(await cells.nth(3).textContent(), String(upgrade.images));
  }
  await page.getByLabel('Repository').fill('registry.example/none');
  await page.keyboard.press('Enter');
  await page.getByText('No image of this repository has a finding with a fix').waitFor();
}

async function acceptRisk({ seeded, browser }: Seed): Promise<void> {
  const { url } = seeded;
  const { page } = await openPage(browser, url);
  await page.goto(`${url}/triage?vulnerability=CVE-2023-42364`);
  const form = page.locator('form').filter({ has: page.getByLabel('Vulnerability') });
  const [preview, save] = ['Preview the effect', 'Save'].map((name) =>
    form.getByRole('button', { name, exact: true }),
  );
  assert.ok(preview !== undefined && save !== undefined);
  await form.getByLabel('Reason').fill('no shell is run');
  assert.equal(await save.count(), 0);
  await preview.click();
  // Two images have BusyBox of release 28. One of them has its ssl_client as well.
  await form.getByText('This suppresses 3 findings in 2 images.').waitFor();
  await form.getByLabel('Reason').fill('no shell is ever run');
  assert.equal(await save.count(), 0, 'another text asks for another preview');
  await preview.click();
  await save.click();
  await form.getByText('Saved as accepted-CVE-2023-42364.yaml.').waitFor();
  await page.getByRole('cell', { name: 'no shell is ever run' }).waitFor();
  await page.getByRole('link', { name: /^expired/ }).click();
  await page.getByRole('cell', { name: 'until 2026-02-28' }).waitFor();
  const saved = page.getByRole('row', { name: /accepted-CVE-2023-42364/ });
  await saved.getByRole('button', { name: 'Delete', exact: true }).click();
  await saved.getByRole('button', { name: 'Delete accepted-CVE-2023-42364.yaml' }).click();
  await saved.waitFor({ state: 'detached' });
}

async function sendAgain({ seeded, browser }: Seed): Promise<void> {
  const { url } = seeded;
  const { page } = await openPage(browser, url);
  await page.goto(`${url}/notifications?state=delivered`);
  await page.getByRole('button', { name: /CVE-2026-7777/ }).click();
  await page.getByText('It is due now.').waitFor();
  const list = (await (await fetch(`${url}/api/v1/notifications`)).json()) as {
    readonly notifications: readonly { readonly dueAt: string; readonly event: { readonly id: string } }[];
  };
  const sent = list.notifications.find(({ event }) => event.id === 'CVE-2026-7777');
  assert.ok(Date.parse(sent?.dueAt ?? '') <= Date.now(), 'it would have been due a minute later');
}

async function checkScreens({ seeded, browser }: Seed): Promise<void> {
  const { url } = seeded;
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
}

test('screens of the console', { skip, timeout: 120_000 }, async (t) => {
  const seed = { seeded: await seededServer(t), browser: await startBrowser(t) };
  await t.test('compare two images, and keep the comparison in the address', () => compareImages(seed));
  await t.test('name the sources that need attention first, with the age of their content', () =>
    readSources(seed),
  );
  await t.test('list upgrades as the server ranks them', () => rankUpgrades(seed));
  await t.test('draw the versions of a package in their order, with what affects each', () =>
    drawVersions(seed),
  );
  await saveRules(seed.seeded.url);
  await t.test('accept a risk only after a preview of its effect, and delete it again', () =>
    acceptRisk(seed),
  );
  await addNotifications(seed.seeded);
  await t.test('send a notification again', () => sendAgain(seed));
  await t.test('have no fault of accessibility, fit a phone, and show hostile names as text', () =>
    checkScreens(seed),
  );
});
