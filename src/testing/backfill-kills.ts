import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { limits } from '../core/limits.ts';
import type { Store } from '../store/store.ts';
import { backfillImage, backfillRepository } from './backfill-scene.ts';
import { memoryRegistry } from './memory-registry.ts';
import type { SharedEngine } from './store-engines.ts';
import { exitOf } from './store-process.ts';

/** A backfill whose processes are killed. */
export interface BackfillKills {
  readonly images: number;
  readonly kills: number;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
  /** Kills the database as by a power cut, and starts it again. Undefined if it is a file. */
  readonly restartDatabase?: (() => Promise<void>) | undefined;
}

/** The end of such a backfill. */
export interface BackfillEnd {
  /** Kills of each kind. */
  readonly killed: { api: number; worker: number; database: number };
  /** Images that are known under their name, by exactly one digest and one entry. */
  readonly assessed: number;
}

/** Longer than all leases and claims. */
const aheadMs = 120_000;

/** Tags that one process announces. So there are processes to kill as long as the backfill runs. */
const announcedAtOnce = 3;

/** Longest time in ms before a kill. The announcements take a part of the time of a scan. */
const beforeKillMs = { api: 20, worker: 400, database: 400 };

/** Kills the processes of a backfill at random points, then lets the last ones finish, and counts the images. */
export async function killBackfill(
  context: TestContext,
  engine: SharedEngine,
  place: string,
  terms: BackfillKills,
): Promise<BackfillEnd> {
  const registry = await memoryRegistry(context);
  const tags = Array.from({ length: terms.images }, (_, i) => `v${i}`);
  for (const tag of tags) registry.push(backfillImage(tag), tag);
  const backfill = new Backfill({ engine, place, host: registry.host, tags, terms });
  for (let i = 0; i < terms.kills; i++) await backfill.killOnce();
  await backfill.finish();
  return await backfill.end();
}

interface Scene {
  readonly engine: SharedEngine;
  readonly place: string;
  readonly host: string;
  readonly tags: readonly string[];
  readonly terms: BackfillKills;
}

class Backfill {
  readonly #scene: Scene;
  /** Tags whose notification was not answered. The registry repeats it. */
  readonly #unanswered: Set<string>;
  readonly #killed = { api: 0, worker: 0, database: 0 };
  #aheadMs = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#unanswered = new Set(scene.tags);
  }

  /** Runs a worker, and the API if there is something to announce, and kills one of them or the database after a random time. */
  async killOnce(): Promise<void> {
    const { random } = this.#scene.terms;
    const worker = await this.#start('worker');
    const api = this.#unanswered.size > 0 ? await this.#announce(announcedAtOnce) : undefined;
    const victim = this.#chooseVictim(api);
    await setTimeout(beforeKillMs[victim] * random());
    if (victim === 'database') await this.#scene.terms.restartDatabase?.();
    if (victim === 'api' && api !== undefined) await killed(api);
    this.#killed[victim]++;
    if (victim !== 'worker') await setTimeout(200 * random());
    await Promise.all([killed(worker), api && killed(api)]);
  }

  #chooseVictim(api: ChildProcess | undefined): 'api' | 'worker' | 'database' {
    const { restartDatabase, random } = this.#scene.terms;
    const number = random();
    if (restartDatabase !== undefined && number < 0.2) return 'database';
    return api?.exitCode === null && number < 0.6 ? 'api' : 'worker';
  }

  /** Lets processes work without kills until nothing waits, and repeats what has failed as walks do. */
  async finish(): Promise<void> {
    while (this.#unanswered.size > 0) await exitOf(await this.#announce(this.#unanswered.size));
    for (let round = 0; round <= limits.scanRepetitions; round++) {
      const worker = await this.#start('worker');
      await using store = await this.#open();
      while (await hasWork(store)) await setTimeout(50);
      await killed(worker);
      this.#aheadMs += limits.scanRepeatMs * 2 ** round;
      await using later = await this.#open();
      if ((await later.scanJobs.repeatFailed(this.#scene.host)) === 0) return;
    }
  }

  async end(): Promise<BackfillEnd> {
    await using store = await this.#open();
    const repository = `${this.#scene.host}/${backfillRepository}`;
    let assessed = 0;
    for (const tag of this.#scene.tags) {
      const found = await store.knownImages.findByName({ repository, tag });
      const digest = backfillImage(tag).manifest.digest;
      const same = await store.knownImages.findByDigest(digest);
      if (found.length === 1 && same.length === 1 && found[0]?.digest === digest) assessed++;
    }
    return { killed: this.#killed, assessed };
  }

  async #open(): Promise<Store> {
    const ahead = this.#aheadMs;
    return await this.#scene.engine.open(this.#scene.place, { now: () => Date.now() + ahead });
  }

  /** Starts an API that records notifications of the first tags that were not answered. */
  async #announce(count: number): Promise<ChildProcess> {
    return await this.#start('api', ...[...this.#unanswered].slice(0, count));
  }

  /** Starts a process, and waits until it has opened the store. */
  async #start(role: 'api' | 'worker', ...tags: readonly string[]): Promise<ChildProcess> {
    const { engine, place, host } = this.#scene;
    // A tag that is announced by a clock ahead of that of the worker would wait.
    if (role === 'worker') this.#aheadMs += aheadMs;
    const program = new URL('backfill-worker.ts', import.meta.url).pathname;
    const args = [program, engine.name, place, String(this.#aheadMs), host, role, ...tags];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      // Parsing TypeScript takes more than half of a start.
      env: { NODE_COMPILE_CACHE: resolve(import.meta.dirname, '../../.cache/compiled'), ...process.env },
    });
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => this.#unanswered.delete(line));
    await Promise.race([once(lines, 'line'), once(child, 'exit')]);
    assert.equal(child.exitCode, null, 'a process ended before its work');
    return child;
  }
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await exitOf(child);
}

/** Returns whether anything waits or runs. A failed scan only waits for its repetition. */
async function hasWork({ scanJobs, noticedNames }: Store): Promise<boolean> {
  const next = [await scanJobs.findNextRun(), await noticedNames.findNextRun(['main'])];
  return next.some((time) => time !== undefined);
}
