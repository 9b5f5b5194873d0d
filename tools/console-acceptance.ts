/**
 * Answers the twelve questions of the console in Chromium, on a server with the images of some simulated days and a fleet of seeded ones.
 * Compares the answers with what SQL finds, and prints how long each took. Needs Chromium, faketime, docker-registry, skopeo and the
 * corpus:
 *
 *     npm run acceptance:console -- [--images=100000] [--keep=DIRECTORY] [--engine=sqlite|postgres]
 *
 * `--keep` names a directory that keeps the filled database for further runs of the same day. With `postgres`, the server has a copy of it
 * in PostgreSQL.
 * It exits with 1 if an answer is wrong, or comes later than a person waits for it.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { machine } from '../bench/machine.ts';
import { type ReceivedMail, startMailServer } from '../src/testing/mail-server.ts';
import { startPostgresServer } from '../src/testing/postgres-server.ts';
import { startBrowser } from '../test/console/browser.ts';
import {
  clockAhead,
  feedSettings,
  type SimulatedDays,
  settingsOfDatabase,
  simulatedDays,
} from '../test/console/simulated-days.ts';
import {
  findsAffected,
  lateVulnerability,
  opensAffected,
  type Story,
  type StoryFacts,
  stories,
} from '../test/console/stories.ts';
import { type MeasuredStep, StoryRun, type StoryScene } from '../test/console/story-run.ts';
import { runServer } from '../test/e2e/serve-process.ts';
import { output } from './image/run-tool.ts';
import { copyToPostgres } from './stories/copy-to-postgres.ts';
import { FleetFacts } from './stories/fleet-facts.ts';
import { addFleet, common, commonest } from './stories/seed-fleet.ts';

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '100000' },
    keep: { type: 'string' },
    engine: { type: 'string', default: 'sqlite' },
  },
});
const images = Number(values.images);
assert.ok(['sqlite', 'postgres'].includes(values.engine), `unknown engine ${values.engine}`);

/** A step with the story that it belongs to. */
interface Line extends MeasuredStep {
  readonly story: string;
}

const lines: Line[] = [];

await test('the stories', async (t) => {
  const { options, received } = await startMailServer(t);
  const mail = {
    CLAIR_NOTIFIER_EMAIL_SERVER: options.server,
    CLAIR_NOTIFIER_EMAIL_FROM: options.from,
    CLAIR_NOTIFIER_EMAIL_TO: options.to.join(','),
    CLAIR_NOTIFIER_EMAIL_CAFILE: options.cafile,
    CLAIR_NOTIFIER_EMAIL_CHANGES: 'false',
    CLAIR_NOTIFIER_EMAIL_DAILYAT: '00:00',
  };
  const days = await simulatedDays(t, {
    keptAt: values.keep,
    yesterday: mail,
    addTo: (database, ago) => addFleet(database, images, ago),
    copy: values.engine === 'postgres' ? (database) => copyToServer(t, database) : undefined,
    settings: { ...feedSettings, ...mail, CLAIR_UPDATER_INTERVAL: '6h' },
  });
  await isSettled(days);
  const facts = new FleetFacts(days.database);
  const get = async <T>(path: string): Promise<T> =>
    (await (await fetch(`${days.url}/api/v1${path}`)).json()) as T;
  const expected = await facts.stories(get, days.firstReport);
  const scene: StoryScene = { url: days.url, browser: await startBrowser(t) };
  await t.test('3: the mail has the same numbers', () => comparesMail(received, facts, expected));
  for (const [number, name, story] of stories)
    await t.test(`${number}: ${name}`, () => runStory(`${number}`, { scene, story, facts: expected }));
  for (const { id, packages } of [common, commonest])
    await t.test(`2: the images of ${id}`, () =>
      runStory('2', {
        scene,
        story: id === common.id ? findsAffected : opensCommonest,
        facts: { ...expected, affected: facts.affectedBy(id, packages) },
      }),
    );
  await removeRule(days.url);
  for (const [number, name, story] of stories.slice(0, 8))
    await t.test(`12: ${number} by keys: ${name}`, () =>
      runStory(`12, ${number} by keys`, { scene, story, facts: expected, hasMouse: false }),
    );
  await t.test('9: a source that shrinks', () => namesShrunkSource(days, scene));
  // The last one, because its server counts and ranks as of a day to come.
  const skip = values.engine === 'postgres' && 'its clock is the only one that counts';
  await t.test('8: the rule ends by itself', { skip }, (step) => ruleEnds(step, days, scene));
});
printLines();

/** Starts PostgreSQL with the memory of a current server, and copies a database to it. Returns the connection string. */
async function copyToServer(t: TestContext, database: string): Promise<string> {
  const server = await startPostgresServer(['-c', 'shared_buffers=512MB', '-c', 'max_wal_size=4GB']);
  t.after(() => {
    server.stop();
  });
  await copyToPostgres(database, server.url());
  return server.url();
}

/** Waits until the server has done what was due when it started. */
async function isSettled({ server }: SimulatedDays): Promise<void> {
  const address = `http://127.0.0.1:${server.ports.health}/status`;
  for (;;) {
    const { jobs } = (await (await fetch(address)).json()) as {
      readonly jobs: readonly { readonly state: string; readonly runAt: string }[];
    };
    if (
      jobs.length > 0 &&
      jobs.every(({ state, runAt }) => state === 'waiting' && Date.parse(runAt) > Date.now())
    )
      return;
    await setTimeout(200);
  }
}

interface StorySetting {
  readonly scene: StoryScene;
  readonly story: Story;
  readonly facts: StoryFacts;
  readonly hasMouse?: boolean;
}

/** Runs a story, and notes its steps even if it fails. */
async function runStory(name: string, { scene, story, facts, hasMouse = true }: StorySetting): Promise<void> {
  const run = new StoryRun(scene, { hasMouse });
  try {
    await story(run, facts);
    assert.deepEqual(await run.faults(), []);
  } finally {
    await run.end();
    for (const step of run.steps) lines.push({ story: name, ...step });
  }
}

/** The first rows of a vulnerability of nearly all images, and their number. */
async function opensCommonest(run: StoryRun, facts: StoryFacts): Promise<void> {
  const page = await opensAffected(run, facts);
  await page.getByText(`${new Set(facts.affected.digests).size} images`).waitFor();
}

/** Compares the numbers of the daily mail with the log of events and the sum of all findings. */
async function comparesMail(
  received: readonly ReceivedMail[],
  facts: FleetFacts,
  { news, openFindings }: StoryFacts,
): Promise<void> {
  while (received.length === 0) await setTimeout(200);
  const text = received[0]?.text ?? '';
  assert.match(text, new RegExp(`Advisories: ${news.count} new, 0 changed, 0 withdrawn\\.`));
  assert.match(text, new RegExp(`All\\s+${openFindings}\\b`));
  assert.match(
    text,
    new RegExp(`New images with findings\\s+${news.images}\\s+\\+${news.imageFindings}\\s+0\\s+0\\r\\n`),
  );
  assert.equal(facts.number("select count(*) from event where kind = 'new'"), news.count);
}

async function removeRule(url: string): Promise<void> {
  const path = `/api/v1/suppressions/accepted-${lateVulnerability}.yaml`;
  assert.ok((await fetch(url + path, { method: 'DELETE' })).ok);
}

/** A server whose clock is three days ahead applies the rule no more. */
async function ruleEnds(t: TestContext, { place, url }: SimulatedDays, scene: StoryScene): Promise<void> {
  const affected = async (of: string): Promise<number> => {
    const response = await fetch(`${of}/api/v1/advisories/${lateVulnerability}/images`);
    return ((await response.json()) as { readonly images: readonly object[] }).images.length;
  };
  assert.equal(await affected(url), 0);
  const later = await runServer(t, ['serve'], {
    ...clockAhead(3),
    CLAIR_API_ADDR: '127.0.0.1:0',
    CLAIR_API_HEALTHADDR: '127.0.0.1:0',
    ...settingsOfDatabase(place),
    CLAIR_UPDATER_INTERVAL: '0',
  });
  const laterUrl = `http://127.0.0.1:${later.ports.api}`;
  assert.equal(await affected(laterUrl), 3);
  const run = new StoryRun({ ...scene, url: laterUrl });
  await run.open('/triage', 'open Triage three days later', { text: 'expired' });
  await run.end();
  lines.push(...run.steps.map((step) => ({ story: '8', ...step })));
  await later.end();
}

/** A feed that has lost most of its rows is refused, and its source is the first of the page. */
async function namesShrunkSource({ mirror, place }: SimulatedDays, scene: StoryScene): Promise<void> {
  const path = join(mirror, 'security-tracker.debian.org/tracker/data/json');
  const whole = Object.entries(JSON.parse(readFileSync(path, 'utf8')) as object);
  writeFileSync(path, JSON.stringify(Object.fromEntries(whole.slice(0, 2))));
  const update = ['db', 'update', 'debian', '--db', place, '--mirror', mirror];
  assert.throws(() => output('bin/clair', update), /ended with 3/);
  const run = new StoryRun(scene);
  const page = await run.open('/sources', 'open Sources when one shrinks', { text: '1 failed' });
  // A card without a name lists feeds that were never loaded.
  const first = page.locator('main section[aria-label]').first();
  assert.equal(await first.locator('h2').textContent(), 'debian');
  await first
    .getByText(/has \d+ records, but the current content has 1216\./)
    .first()
    .waitFor();
  await run.end();
  lines.push(...run.steps.map((step) => ({ story: '9', ...step })));
}

function printLines(): void {
  console.log(`\n${machine()}, ${images} images, ${values.engine}\n`);
  console.log('| story | step | measured | limit | |');
  console.log('|---|---|---:|---:|---|');
  for (const { story, name, ms, limitMs } of lines) {
    const isLate = ms > limitMs;
    if (isLate) process.exitCode = 1;
    console.log(
      `| ${story} | ${name} | ${ms.toFixed(0)} ms | ${limitMs} ms | ${isLate ? '**late**' : 'pass'} |`,
    );
  }
}
