import type { FindingAgeStore } from '../../finding-age-store.ts';
import type { Engine } from '../engine.ts';
import { writeValue } from '../key-values.ts';
import { fencedEngine } from '../leases.ts';
import { followRepositories, forgetPlace } from './follow-repositories.ts';
import { type AgeState, dayNumber, findAges, readAgeState, stateKey } from './read-ages.ts';
import { sumAges } from './sum-ages.ts';

/** A longer pass takes at most this part of the time. A shorter one takes less, because findings are counted every 15 minutes. */
const share = 100;
const shortPassMs = 9000;

/** Returns the ages of findings of a store; `now` is in milliseconds since 1970. */
export function findingAgeStore(engine: Engine, now: () => number): FindingAgeStore {
  return {
    update: ({ signal, lease }) =>
      update(lease === undefined ? engine : fencedEngine(engine, lease), now, signal),
    findAges: (scope, days) => findAges(engine.db, scope, days),
  };
}

async function update(engine: Engine, now: () => number, signal: AbortSignal): Promise<void> {
  const before = await readAgeState(engine.db);
  const start = now();
  const day = dayNumber(start);
  if (before !== undefined && !isDue(before, start)) return;
  if (!(await followRepositories(engine, day, signal)) || !(await sumAges(engine, day, signal))) return;
  const countedAt = new Date(start).toISOString();
  const countedSince = before?.countedSince ?? countedAt.slice(0, 10);
  const state: AgeState = { countedSince, countedAt, tookMs: now() - start };
  await engine.write(async (db) => {
    await forgetPlace(db);
    await writeValue(db, stateKey, JSON.stringify(state));
  }, 'own rows');
}

function isDue({ countedAt, tookMs }: AgeState, now: number): boolean {
  const last = Date.parse(countedAt);
  return dayNumber(last) !== dayNumber(now) || tookMs <= shortPassMs || now - last >= tookMs * share;
}
