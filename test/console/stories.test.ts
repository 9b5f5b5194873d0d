import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Severity, severities } from '../../src/model/severity.ts';
import { noRegistry } from '../e2e/debian-registry.ts';
import { agesByReports } from './ages-by-reports.ts';
import { noBrowser, startBrowser } from './browser.ts';
import { noClock, simulatedDays } from './simulated-days.ts';
import { lateVulnerability, type StoryFacts, stories } from './stories.ts';
import { rowsOf, StoryRun, type StoryScene } from './story-run.ts';

const skip = noBrowser || noRegistry || noClock;
const dayMs = 24 * 3_600_000;

/** Returns what the images and advisories of the simulated days must give. */
async function factsOf(url: string, firstReport: string): Promise<StoryFacts> {
  const get = async <T>(path: string): Promise<T> =>
    (await (await fetch(`${url}/api/v1${path}`)).json()) as T;
  const digestOf = async (name: string): Promise<string> => {
    const { images } = await get<{ images: { digest: string; reference: string }[] }>('/images');
    const found = images.find(({ reference }) => reference.endsWith(name));
    if (found === undefined) throw new Error(`no image ${name}`);
    return found.digest;
  };
  const names = ['base/debian:12', 'shop/web:1', 'shop/web:2'];
  const { events } = await get<{ events: { at: string }[] }>('/events?kind=new');
  const { days } = await get<{ days: { counts: { severity: string; findings: number }[] }[] }>(
    '/summary/history?days=90',
  );
  const open = days.map(({ counts }) => bySeverity(counts)).reverse();
  const first = JSON.parse(firstReport) as { readonly matches: readonly object[] };
  return {
    digestOf,
    // glibc has the one vulnerability that is known to be exploited.
    upgrades: [{ row: /glibc 2\.36-9 → 2\.36-9\+deb12u\d+ debian:12.*1? ?exploited/, images: 3 }],
    affected: {
      id: lateVulnerability,
      row: /libexpat1 2\.5\.0-1 /,
      digests: (await Promise.all(names.map(digestOf))).sort(),
    },
    news: {
      day: events[0]?.at.slice(0, 10) ?? '',
      count: events.length,
      source: 'debian',
      ...(await newImages(get)),
    },
    past: {
      day: new Date(Date.now() - 3 * dayMs).toISOString().slice(0, 10),
      findings: first.matches.length,
      report: firstReport,
    },
    attention: '2 of 5 sources need attention',
    base: { row: /base\/debian:12 .* 1 2 2 0/, link: /base\/debian:12/, images: 2, rebuilds: 0 },
    openFindings: Object.values(open[0] ?? {}).reduce((sum, count) => sum + count, 0),
    days: open,
  };
}

type Get = <T>(path: string) => Promise<T>;

/** Returns the images with findings that came today, and the number of these findings. */
async function newImages(get: Get): Promise<Pick<StoryFacts['news'], 'images' | 'imageFindings'>> {
  const { images } = await get<{
    images: { reference: string; firstSeen: string; findings: Record<Severity, number> | null }[];
  }>('/images');
  const today = new Date().toISOString().slice(0, 10);
  // The scene rebuilds one image today, under its tag.
  const added = images.filter(
    ({ reference, firstSeen }) => firstSeen.startsWith(today) && !reference.endsWith('/shop/proxy:1'),
  );
  const findings = added.flatMap((one) => severities.map((severity) => one.findings?.[severity] ?? 0));
  const withFindings = added.filter((one) =>
    severities.some((severity) => (one.findings?.[severity] ?? 0) > 0),
  );
  return { images: withFindings.length, imageFindings: findings.reduce((sum, count) => sum + count, 0) };
}

function bySeverity(counts: readonly { severity: string; findings: number }[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { severity, findings } of counts) sums[severity] = (sums[severity] ?? 0) + findings;
  return sums;
}

test('the console shows', { skip, timeout: 180_000 }, async (t) => {
  const { url, firstReport } = await simulatedDays(t);
  const scene: StoryScene = { url, browser: await startBrowser(t) };
  const facts = await factsOf(url, firstReport);
  // Before a story saves a rule.
  await t.test('how long the findings of a team are open', () => showsAges(scene));
  for (const [, name, story] of stories)
    await t.test(name, async () => {
      const run = new StoryRun(scene);
      await story(run, facts);
      await run.end();
    });
  await t.test('an image by keys alone', () => opensByKeys(scene));
});

async function showsAges(scene: StoryScene): Promise<void> {
  const get = async <T>(path: string): Promise<T> =>
    (await (await fetch(`${scene.url}/api/v1${path}`)).json()) as T;
  const run = new StoryRun(scene);
  const page = await run.open('/', 'open Today', { caption: 'Ages by path' });
  // The repositories of a team, and of a whole registry.
  const team = page.getByRole('table', { name: 'Ages by path' }).getByRole('link', { name: /\/shop\/\*$/ });
  const pattern = await team.textContent();
  const rows = async (): Promise<string[]> =>
    (await rowsOf(page, 'Age of findings')).map((row) => row.replace(/^. /, ''));
  assert.deepEqual(await rows(), await agesByReports(get, ''));
  await team.click();
  await page.waitForURL((url) => url.searchParams.get('repository') === pattern);
  await page.getByRole('table', { name: 'Ages by path' }).waitFor({ state: 'detached' });
  assert.equal(await page.getByLabel('Repository or path').inputValue(), pattern);
  assert.deepEqual(await rows(), await agesByReports(get, 'shop/'));
  await run.end();
}

async function opensByKeys(scene: StoryScene): Promise<void> {
  const run = new StoryRun(scene, { hasMouse: false });
  const page = await run.open('/images', 'open Images', { caption: 'Images that scans have read' });
  assert.ok((await rowsOf(page, 'Images that scans have read')).length > 0);
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/images\/sha256:/);
  await page.getByText(/^\d+ findings, \d+ with a fix\.$/).waitFor();
  await run.end();
}
