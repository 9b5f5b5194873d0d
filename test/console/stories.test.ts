import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { noRegistry } from '../e2e/debian-registry.ts';
import { noBrowser, openPage, startBrowser } from './browser.ts';
import { noClock, type SimulatedDays, simulatedDays } from './simulated-days.ts';

const skip = noBrowser || noRegistry || noClock;

interface Fleet extends SimulatedDays {
  readonly browser: Browser;
  readonly get: <T>(path: string) => Promise<T>;
  /** Digest of the image with a name. */
  readonly digestOf: (name: string) => Promise<string>;
}

async function startFleet(t: TestContext): Promise<Fleet> {
  const days = await simulatedDays(t);
  const get = async <T>(path: string): Promise<T> =>
    (await (await fetch(`${days.url}/api/v1${path}`)).json()) as T;
  const digestOf = async (name: string): Promise<string> => {
    const { images } = await get<{ images: { digest: string; reference: string }[] }>('/images');
    const found = images.find(({ reference }) => reference.endsWith(name));
    if (found === undefined) throw new Error(`no image ${name}`);
    return found.digest;
  };
  return { ...days, browser: await startBrowser(t), get, digestOf };
}

/** Opens a view of the console, in which nothing may go wrong. */
async function open(t: TestContext, { browser, url }: Fleet, path: string): Promise<Page> {
  const { page, context, problems } = await openPage(browser, url);
  t.after(async () => {
    await context.close();
    assert.deepEqual(problems, []);
  });
  await page.goto(url + path);
  return page;
}

async function rowsOf(page: Page, caption: string): Promise<string[]> {
  const table = page.getByRole('table', { name: caption });
  await table.waitFor();
  const texts = await table.locator('tbody tr').allInnerTexts();
  return texts.map((text) => text.replaceAll(/\s+/g, ' ').trim());
}

type Story = (fleet: Fleet, step: TestContext) => Promise<void>;

/** Questions that people have, and how they find the answers. */
const stories: Readonly<Record<string, Story>> = {
  async 'which upgrades remove most risk'(fleet, step) {
    const page = await open(step, fleet, '/upgrades');
    const rows = await rowsOf(page, 'Upgrades, those first that remove most risk');
    // glibc has the one vulnerability that is known to be exploited, in three images.
    assert.match(rows[0] ?? '', /glibc 2\.36-9 → 2\.36-9\+deb12u\d+ debian:12.*1? ?exploited/);
    await page
      .getByRole('row', { name: /glibc/ })
      .getByRole('link', { name: '3', exact: true })
      .last()
      .click();
    await page.waitForURL(/\/packages\/versions\?/);
  },

  async 'which images have a vulnerability, with its version and layer'(fleet, step) {
    const page = await open(step, fleet, '/');
    // Before that, the page does not handle keys.
    await page.getByRole('heading', { name: 'Today' }).waitFor();
    await page.keyboard.press('/');
    await page.locator('input:focus').waitFor();
    await page.keyboard.type('CVE-2024-45491');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/advisories/CVE-2024-45491');
    const names = ['base/debian:12', 'shop/web:1', 'shop/web:2'];
    await page.getByRole('link', { name: /shop\/web:2/ }).waitFor();
    for (const name of names)
      await page.getByRole('row', { name: new RegExp(`${name} .*libexpat1 2\\.5\\.0-1 `) }).waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export CSV' }).click();
    const csv = readFileSync(await (await download).path(), 'utf8')
      .trim()
      .split('\r\n');
    assert.equal(csv.length, names.length + 1);
  },

  async 'what is new since yesterday, and why'(fleet, step) {
    const { events } = await fleet.get<{ events: { id: string; at: string }[] }>('/events?kind=new');
    const [day = ''] = (events[0]?.at ?? '').split('T');
    const { days } = await fleet.get<{ days: { day: string; counts: { findings: number }[] }[] }>(
      '/summary/history?days=90',
    );
    const page = await open(step, fleet, '/');
    const [last = 0, now = 0] = days
      .toSorted((one, other) => (one.day < other.day ? -1 : 1))
      .slice(-2)
      .map(({ counts }) => counts.reduce((sum, { findings }) => sum + findings, 0));
    await page.getByText(`${last} before, ${now} now`).waitFor();
    // All of them came with the new tag.
    const added = page.getByRole('listitem').filter({ hasText: 'shop/web:2' }).last();
    await added.getByText(`${now - last} findings`).waitFor();
    await page.getByRole('link', { name: `${events.length} new, debian` }).click();
    await page.waitForURL(`**/changes?day=${day}&kind=new`);
    const rows = await rowsOf(page, 'Changes of advisories, the newest first');
    assert.equal(rows.length, events.length);
    assert.ok(rows.every((row) => row.includes('debian tracker')));
    assert.ok(rows.some((row) => row.includes('CVE-2024-45492')));
  },

  async 'whether the new tag is better than the old one'(fleet, step) {
    const [a, b] = [await fleet.digestOf('shop/web:1'), await fleet.digestOf('shop/web:2')];
    const page = await open(step, fleet, `/diff?a=${a}&b=${b}`);
    await page.getByText(/^\d+ gone because the image changed\.$/).waitFor();
    await page.getByText('CVE-2023-38545').first().waitFor();
    await page.getByText('7.88.1-10 → 7.88.1-10+deb12u14').waitFor();
  },

  async 'what was known of an image two days ago'(fleet, step) {
    const digest = await fleet.digestOf('shop/web:1');
    const day = new Date(Date.now() - 2 * 24 * 3_600_000).toISOString().slice(0, 10);
    const report = await fleet.get<{ matches: { vulnerability: { id: string } }[] }>(
      `/images/${digest}/report?asOf=${day}T23:59:59Z`,
    );
    assert.ok(report.matches.every(({ vulnerability }) => vulnerability.id !== 'CVE-2024-45491'));
    const page = await open(step, fleet, `/images/${digest}?asOf=${day}`);
    await page.getByText(new RegExp(`^${report.matches.length} findings, `)).waitFor();
    const now = await open(step, fleet, `/images/${digest}`);
    await now.getByText(new RegExp(`^${report.matches.length} findings, `)).waitFor({ state: 'detached' });
  },

  async 'that an image without known packages is not assessed'(fleet, step) {
    const page = await open(step, fleet, `/images/${await fleet.digestOf('shop/files:1')}`);
    await page.getByText('Nothing was found, but not everything was assessed.').waitFor();
    assert.equal(await page.getByText('Clean', { exact: true }).count(), 0);
  },

  async 'which images are on a base image, and which to build again'(fleet, step) {
    const page = await open(step, fleet, '/upgrades');
    await page.getByRole('link', { name: 'Base images' }).click();
    const rows = await rowsOf(page, 'Base images, those with the most images first');
    assert.equal(rows.length, 1);
    assert.match(rows[0] ?? '', /base\/debian:12 .* 1 2 2 0/);
    await page.getByRole('link', { name: /base\/debian:12/ }).click();
    const on = await rowsOf(page, 'Images on it');
    assert.deepEqual(on.map((row) => /shop\/web:\d/.exec(row)?.[0]).sort(), ['shop/web:1', 'shop/web:2']);
    await page.getByRole('link', { name: 'Build again' }).click();
    await page.getByText('No image is on an older image of a base image that was scanned.').waitFor();
  },

  async 'why a finding is reported'(fleet, step) {
    const page = await open(step, fleet, `/images/${await fleet.digestOf('shop/web:1')}/findings`);
    await page.getByRole('link', { name: 'CVE-2024-45491' }).click();
    const dialog = page.getByRole('dialog', { name: 'CVE-2024-45491' });
    for (const text of ['< 2.5.0-1+deb12u1', 'layer 1 of 2', 'Compared by the order of dpkg.'])
      await dialog.getByText(text).waitFor();
  },

  async 'which sources are old'(fleet, step) {
    const page = await open(step, fleet, '/');
    await page
      .getByRole('banner')
      .getByRole('link', { name: /2 of 5 sources need attention/ })
      .click();
    await page.waitForURL('**/sources');
    for (const reason of ['the feed was written on 2021-08-31', 'the newest advisory is of 2025-08-25'])
      await page.getByText(reason).first().waitFor();
  },

  async 'an image by keys alone'(fleet, step) {
    const page = await open(step, fleet, '/images');
    await rowsOf(page, 'Images that scans have read');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/images\/sha256:/);
    await page.getByText(/^\d+ findings, \d+ with a fix\.$/).waitFor();
  },

  async 'how the open findings of the fleet went'(fleet, step) {
    const page = await open(step, fleet, '/');
    await page.getByText('As a table').click();
    const { days } = await fleet.get<{ days: object[] }>('/summary/history?days=90');
    assert.equal(days.length, 3);
    assert.equal(await page.locator('details[open] tbody tr').count(), 3);
  },

  async 'the effect of a rule before it is saved, and its end'(fleet, step) {
    const page = await open(step, fleet, '/triage');
    await page.getByLabel('Vulnerability', { exact: true }).fill('CVE-2024-45491');
    await page.getByLabel('Reason').fill('no untrusted XML is read');
    const day = new Date(Date.now() + 24 * 3_600_000).toISOString().slice(0, 10);
    await page.getByLabel('Last day').fill(day);
    await page.getByRole('button', { name: 'Preview' }).first().click();
    await page.getByText('This suppresses 3 findings in 3 images.').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved as accepted-CVE-2024-45491.yaml.').waitFor();
    const { statements } = await fleet.get<{ statements: { state: string }[] }>('/statements');
    assert.deepEqual(
      statements.map(({ state }) => state),
      ['active'],
    );
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as OpenVEX' }).click();
    const exported = JSON.parse(readFileSync(await (await download).path(), 'utf8')) as {
      statements: { vulnerability: { name: string }; status: string; impact_statement: string }[];
    };
    assert.deepEqual(
      exported.statements.map((one) => [one.vulnerability.name, one.status, one.impact_statement]),
      [['CVE-2024-45491', 'not_affected', 'no untrusted XML is read']],
    );
  },
};

test('the console shows', { skip, timeout: 180_000 }, async (t) => {
  const fleet = await startFleet(t);
  for (const [name, story] of Object.entries(stories)) await t.test(name, (step) => story(fleet, step));
});
