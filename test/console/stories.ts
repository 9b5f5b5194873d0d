import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { rowsOf, rowsOfCsv, type StoryRun, waits } from './story-run.ts';

/** The vulnerability of the simulated days that became known on the last one. */
export const lateVulnerability = 'CVE-2024-45491';

/** A vulnerability to look for, and what it affects. */
export interface AffectedFacts {
  readonly id: string;
  /** Every row has such a package with its version. */
  readonly row: RegExp;
  /** Digests of the affected images, sorted. One that has several such packages is there several times. */
  readonly digests: readonly string[];
}

/** The results that the stories must find, from other sources than the console. */
export interface StoryFacts {
  /** Returns the digest of the image with a name. */
  readonly digestOf: (name: string) => Promise<string>;
  /** The first upgrades in their order, and how many images each concerns. */
  readonly upgrades: readonly { readonly row: RegExp; readonly images: number }[];
  /** Number of open findings of all images. */
  readonly openFindings: number;
  readonly affected: AffectedFacts;
  /** The events of the newest day that has new vulnerabilities, and the images with findings that came today. */
  readonly news: {
    readonly day: string;
    readonly count: number;
    readonly source: string;
    readonly images: number;
    readonly imageFindings: number;
  };
  /** A day on which the late vulnerability was not known, and the report of the first image that was written on it. */
  readonly past: { readonly day: string; readonly findings: number; readonly report: string };
  /** Text of the header about the sources. */
  readonly attention: string;
  /** A base image with the images on it, and the images to build again on a newer one. */
  readonly base: {
    readonly row: RegExp;
    readonly link: RegExp;
    readonly images: number;
    readonly rebuilds: number;
  };
  /** Open findings of each day by severity, the newest day first. */
  readonly days: readonly Readonly<Record<string, number>>[];
}

/** A question that a person has, and how that person finds the answer. */
export type Story = (run: StoryRun, facts: StoryFacts) => Promise<void>;

const upgradesCaption = 'Upgrades, those first that remove most risk';
const imagesCaption = 'Images that scans have read';
const causesCaption = 'New and closed findings by cause';
const changedCaption = 'Images or vulnerabilities that changed findings';
const changesCaption = 'Changes of advisories, the newest first';

function areaLink(page: Page, name: string) {
  return page.getByRole('navigation', { name: 'Areas' }).getByRole('link', { name, exact: true });
}

/** Finds which upgrades remove most risk. */
export async function ranksUpgrades(run: StoryRun, { upgrades, openFindings }: StoryFacts): Promise<void> {
  const page = await run.open('/', 'open Today', { text: 'Do first' });
  await run.does(areaLink(page, 'Upgrades'), {
    name: 'open Upgrades',
    view: { text: 'Open now' },
    limitMs: waits.matching,
  });
  const rows = await rowsOf(page, upgradesCaption);
  for (const [index, { row, images }] of upgrades.entries()) {
    assert.match(rows[index] ?? '', row);
    const cell = page.getByRole('table').locator('tbody tr').nth(index).locator('td.column-images');
    assert.equal(await cell.textContent(), images.toLocaleString('en'));
  }
  const before = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Open now' }) });
  await before.getByText(`${openFindings.toLocaleString('en')} findings`).waitFor();
  await page.getByRole('heading', { name: /^After these/ }).waitFor();
  const first = page.getByRole('table').locator('tbody tr').first();
  await run.does(first.locator('td.column-images a'), {
    name: 'open the images of the first',
    view: { caption: imagesCaption },
    limitMs: waits.rows,
  });
  const csv = rowsOfCsv(await run.save(page.getByRole('button', { name: 'Export CSV' }), 300_000));
  assert.equal(csv.length, upgrades[0]?.images);
  await page.goBack();
  await run.does(first.locator('td.column-action a').first(), {
    name: 'open the versions of the first',
    view: { caption: 'Versions in the fleet' },
    limitMs: waits.rows,
  });
}

/** Types a vulnerability into the search field, and presses Enter. Returns the page. */
export async function opensAffected(run: StoryRun, { affected: { id, row } }: StoryFacts): Promise<Page> {
  const page = await run.open('/', 'open Today', { text: 'Do first' });
  // Before that, the page does not handle keys.
  await page.getByRole('heading', { name: 'Today' }).waitFor();
  await page.keyboard.press('/');
  await page.locator('input:focus').waitFor();
  await page.keyboard.type(id);
  await run.does(
    page.locator('input:focus'),
    { name: `type ${id}, Enter`, view: { caption: 'Affected images' }, limitMs: waits.rows },
    () => page.keyboard.press('Enter'),
  );
  for (const text of await rowsOf(page, 'Affected images')) assert.match(text, row);
  return page;
}

/** Finds which images have a vulnerability, with its version and layer. */
export async function findsAffected(run: StoryRun, facts: StoryFacts): Promise<void> {
  const { id, digests } = facts.affected;
  const page = await opensAffected(run, facts);
  const csv = rowsOfCsv(await run.save(page.getByRole('button', { name: 'Export CSV' }), 300_000));
  assert.deepEqual(csv.map((row) => row['digest'] ?? '').sort(), digests);
  for (const row of csv) assert.equal(row['vulnerability'], id);
}

/** Finds what is new since yesterday, and why. */
export async function isNew(run: StoryRun, facts: StoryFacts): Promise<void> {
  const page = await run.open('/', 'open Today', { text: 'All changes' });
  await addsUpByCause(page, facts);
  await listsNewImages(run, page, facts);
  await listsNewAdvisories(run, facts);
}

/** The numbers of the causes are the difference of both days. Nothing is left without a cause. */
async function addsUpByCause(page: Page, { news, days }: StoryFacts): Promise<void> {
  const [now = 0, before = 0] = days.map((day) => Object.values(day).reduce((sum, count) => sum + count, 0));
  await page.getByText(`${before.toLocaleString('en')} before, ${now.toLocaleString('en')} now`).waitFor();
  const rows = await rowsOf(page, causesCaption);
  const expected = `${news.images.toLocaleString('en')} +${news.imageFindings.toLocaleString('en')} 0 0`;
  assert.ok(rows.includes(`New images with findings ${expected}`), `${expected} in ${rows.join('; ')}`);
  assert.deepEqual(
    rows.filter((row) => row.startsWith('Not explained')),
    [],
  );
  const changed = rows.map((row) => {
    const [opened = '0', closed = '0'] = row.split(' ').slice(-3);
    return numberIn(opened) - numberIn(closed);
  });
  assert.equal(
    changed.reduce((sum, one) => sum + one, 0),
    now - before,
  );
}

function numberIn(text: string): number {
  return Number(text.replaceAll(/\D/g, ''));
}

/** The list behind a number has as many findings as the number says. */
async function listsNewImages(run: StoryRun, page: Page, { news }: StoryFacts): Promise<void> {
  await run.does(page.getByRole('link', { name: 'New images with findings', exact: true }), {
    name: 'open the new images',
    view: { caption: changedCaption },
    limitMs: waits.rows,
  });
  const [images, findings] = [news.images.toLocaleString('en'), news.imageFindings.toLocaleString('en')];
  await page.getByText(`All: ${images} in the list, with ${findings} new and 0 closed findings.`).waitFor();
  const csv = rowsOfCsv(await run.save(page.getByRole('button', { name: 'Export CSV' })));
  assert.equal(csv.length, news.images);
  assert.equal(
    csv.reduce((sum, row) => sum + Number(row['opened']), 0),
    news.imageFindings,
  );
}

/** The changed advisories are counted by severity, and listed. */
async function listsNewAdvisories(run: StoryRun, { news }: StoryFacts): Promise<void> {
  const page = await run.open('/', 'open Today again', { text: 'All changes' });
  await run.does(page.getByRole('link', { name: 'Changed advisories', exact: true }), {
    name: 'open the findings of changed advisories',
    view: { caption: changedCaption, text: lateVulnerability },
    limitMs: waits.rows,
  });
  await page.goBack();
  const links = page
    .locator('section', { has: page.getByRole('heading', { name: 'What changed' }) })
    .locator('a[href*="kind=new&rating="]');
  const count = Number((await links.first().textContent())?.replaceAll(/\D/g, ''));
  await run.does(links.first(), {
    name: 'open the new ones of a severity',
    view: { caption: changesCaption },
    limitMs: waits.rows,
  });
  await page.waitForURL(new RegExp(`/changes\\?day=${news.day}&kind=new&rating=`));
  assert.equal((await rowsOf(page, changesCaption)).length, count);
  const all = await run.open(`/changes?day=${news.day}&kind=new`, 'open all new ones', {
    caption: changesCaption,
  });
  const rows = await rowsOf(all, changesCaption);
  assert.equal(rows.length, news.count);
  assert.ok(rows.every((row) => row.includes(`${news.source} tracker`)));
  assert.ok(rows.some((row) => row.includes(lateVulnerability)));
}

/** Finds whether the new tag is better than the old one. */
export async function comparesTags(run: StoryRun, { digestOf }: StoryFacts): Promise<void> {
  const [a, b] = [await digestOf('shop/web:1'), await digestOf('shop/web:2')];
  const page = await run.open(`/diff?a=${a}&b=${b}`, 'open the comparison', {
    text: 'gone because the image changed.',
  });
  await page.getByText('CVE-2023-38545').first().waitFor();
  await page.getByText('7.88.1-10 → 7.88.1-10+deb12u14').waitFor();
}

/** Finds what was known of an image on an earlier day. */
export async function knewBefore(run: StoryRun, { past, digestOf }: StoryFacts): Promise<void> {
  const digest = await digestOf('shop/web:1');
  const text = `${past.findings} findings, `;
  const page = await run.open(`/images/${digest}?asOf=${past.day}`, 'open the image at a day', { text });
  await run.press(page.getByRole('link', { name: 'Raw', exact: true }));
  const report = await run.save(page.getByRole('button', { name: 'Download report (JSON)' }));
  assert.ok(!report.includes(lateVulnerability));
  assert.equal(report, past.report);
  const now = await run.open(`/images/${digest}/findings`, 'open the image now', { text: lateVulnerability });
  assert.equal(await now.getByText(text).count(), 0);
}

/** Finds whether a green image can be trusted. */
export async function isTrusted(run: StoryRun, { attention, digestOf }: StoryFacts): Promise<void> {
  const page = await run.open(`/images/${await digestOf('shop/files:1')}`, 'open an image without packages', {
    text: 'Nothing was found, but not everything was assessed.',
  });
  assert.equal(await page.getByText('Clean', { exact: true }).count(), 0);
  await page.getByRole('banner').getByText(attention).waitFor();
  const other = await run.open(`/images/${await digestOf('shop/web:2')}`, 'open an image with packages', {
    text: 'What was assessed',
  });
  await other.getByRole('row', { name: /debian:12/ }).waitFor();
}

/** Explains why a finding is reported, and why another one is not. */
export async function explains(run: StoryRun, { digestOf }: StoryFacts): Promise<void> {
  const path = `/images/${await digestOf('shop/web:1')}/findings`;
  const page = await run.open(path, 'open the findings', { text: lateVulnerability });
  await run.does(page.getByRole('link', { name: lateVulnerability }), {
    name: 'open a finding',
    view: { text: '< 2.5.0-1+deb12u1' },
    limitMs: waits.rows,
  });
  const dialog = page.getByRole('dialog', { name: lateVulnerability });
  for (const text of ['< 2.5.0-1+deb12u1', 'layer 1 of 2', 'Compared by the order of dpkg.'])
    await dialog.getByText(text).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await run.write(
    page.getByRole('textbox', { name: 'Why is a vulnerability not reported?' }),
    'CVE-2022-43680',
  );
  await run.does(page.getByRole('button', { name: 'Explain', exact: true }), {
    name: 'ask why another one is not reported',
    view: { text: 'It is not reported.' },
    limitMs: waits.matching,
  });
}

/** Accepts a risk, after a preview of what the rule does. */
export async function acceptsRisk(run: StoryRun): Promise<void> {
  const page = await run.open('/triage', 'open Triage', { text: 'Accept a risk' });
  await run.write(page.getByLabel('Vulnerability', { exact: true }), lateVulnerability);
  await run.write(page.getByLabel('Reason'), 'no untrusted XML is read');
  const day = new Date(Date.now() + 24 * 3_600_000).toISOString().slice(0, 10);
  await run.write(page.getByLabel('Last day'), day);
  await run.does(page.getByRole('button', { name: 'Preview' }).first(), {
    name: 'preview the effect',
    view: { text: 'This suppresses 3 findings in 3 images.' },
    limitMs: waits.matching,
  });
  await run.does(page.getByRole('button', { name: 'Save', exact: true }), {
    name: 'save the rule',
    view: { text: `Saved as accepted-${lateVulnerability}.yaml.` },
    limitMs: waits.matching,
  });
  await page.getByRole('row', { name: /risk accepted/ }).waitFor();
  const saved = await run.save(page.getByRole('button', { name: 'Save as OpenVEX' }));
  const { statements } = JSON.parse(saved) as {
    readonly statements: { vulnerability: { name: string }; status: string; impact_statement: string }[];
  };
  assert.deepEqual(
    statements.map((one) => [one.vulnerability.name, one.status, one.impact_statement]),
    [[lateVulnerability, 'not_affected', 'no untrusted XML is read']],
  );
}

/** Finds which sources are old, and which images rely on one. */
export async function namesOldSources(run: StoryRun, { attention }: StoryFacts): Promise<void> {
  const page = await run.open('/', 'open Today', { text: attention });
  await run.does(page.getByRole('banner').getByRole('link', { name: attention }), {
    name: 'open Sources',
    // Today has the reason, too.
    view: { caption: 'Feeds: epss' },
    limitMs: waits.rows,
  });
  await page.waitForURL('**/sources');
  await page.getByText('the feed was written on 2021-08-31').first().waitFor();
  await page.getByText('the newest advisory is of 2025-08-25').first().waitFor();
  await page.getByLabel('Source, feed or system').fill('debian:12');
  await page.keyboard.press('Enter');
  await run.does(page.getByRole('link', { name: 'debian:12', exact: true }).first(), {
    name: 'open the images of a system',
    view: { caption: imagesCaption, text: 'base/debian:12' },
    limitMs: waits.rows,
  });
  const rows = await rowsOf(page, imagesCaption);
  const names = rows.map((row) => /(?:base|shop)\/\w+:\d+/.exec(row)?.[0] ?? row);
  assert.deepEqual(names.sort(), ['base/debian:12', 'shop/web:1', 'shop/web:2']);
}

/** Finds which images are on a base image, and which to build again. */
export async function listsBases(run: StoryRun, { base }: StoryFacts): Promise<void> {
  const page = await run.open('/upgrades', 'open Upgrades', { caption: upgradesCaption });
  await run.does(page.getByRole('link', { name: 'Base images' }), {
    name: 'open Base images',
    view: { caption: 'Base images, those with the most images first' },
    limitMs: waits.rows,
  });
  const [first = ''] = await rowsOf(page, 'Base images, those with the most images first');
  assert.match(first, base.row);
  await run.does(page.getByRole('link', { name: base.link }).first(), {
    name: 'open the first',
    view: { caption: 'Images on it' },
    limitMs: waits.rows,
  });
  const on = rowsOfCsv(await run.save(page.getByRole('button', { name: 'Export CSV' })));
  assert.equal(on.length, base.images);
  const shown = base.rebuilds === 0 ? 'No image is on an older image of a base image' : 'Newer since';
  await run.does(page.getByRole('link', { name: 'Build again' }), {
    name: 'open the images to build again',
    view: { text: shown },
    limitMs: waits.rows,
  });
  const rebuilds = rowsOfCsv(await run.save(page.getByRole('button', { name: 'Export CSV' }), 300_000));
  assert.equal(rebuilds.length, base.rebuilds);
}

/** Shows how the open findings of the fleet went. */
export async function showsTrend(run: StoryRun, { days }: StoryFacts): Promise<void> {
  const page = await run.open('/', 'open Today with its chart', { caption: 'Open findings, 90 days' });
  await run.press(page.getByText('As a table'));
  const table = page.locator('details[open] table');
  const [, ...severities] = await table.locator('thead th').allTextContents();
  const rows = await table.locator('tbody tr').all();
  assert.equal(rows.length, days.length);
  for (const [index, row] of rows.entries()) {
    const [, ...cells] = await row.locator('td').allTextContents();
    for (const [i, severity] of severities.entries())
      assert.equal(
        cells[i],
        (days[index]?.[severity] ?? 0).toLocaleString('en'),
        `${severity}, row ${index}`,
      );
  }
}

/** The stories by their numbers in the reference, except that of the keyboard, which are the first eight without a mouse. */
export const stories: readonly (readonly [number: number, name: string, story: Story])[] = [
  [1, 'which upgrades remove most risk', ranksUpgrades],
  [2, 'which images have a vulnerability, with its version and layer', findsAffected],
  [3, 'what is new since yesterday, and why', isNew],
  [4, 'whether the new tag is better than the old one', comparesTags],
  [5, 'what was known of an image three days ago', knewBefore],
  [6, 'that an image without known packages is not assessed', isTrusted],
  [7, 'why a finding is reported, and why another one is not', explains],
  [8, 'the effect of a rule before it is saved', acceptsRisk],
  [9, 'which sources are old, and which images rely on them', namesOldSources],
  [10, 'which images are on a base image, and which to build again', listsBases],
  [11, 'how the open findings of the fleet went', showsTrend],
];
