import { randomUUID } from 'node:crypto';
import { type Kysely, type Selectable, sql, type UpdateObject } from 'kysely';
import { limits } from '../../core/limits.ts';
import { redact } from '../../kit/redact.ts';
import { stripControls } from '../../kit/untrusted-text.ts';
import type { Lease } from '../lock-store.ts';
import {
  type ClaimedScan,
  type FailedScanFilter,
  type ScanClaimTerms,
  type ScanJob,
  type ScanJobStore,
  type ScanRequest,
  scanLanes,
} from '../scan-job-store.ts';
import type { Engine } from './engine.ts';
import { leaseKey, lostLeaseError, nextLeaseNumber } from './leases.ts';
import type { ScanJobTable } from './scan-job-table.ts';
import type { Tables } from './schema.ts';
import { isoTime, isoTimeOrNull } from './times.ts';

type ScanRow = Selectable<ScanJobTable>;

/** Returns the scans of a store; `now` is in milliseconds since 1970. */
export function scanJobStore(engine: Engine, now: () => number): ScanJobStore {
  const { db } = engine;
  const write = <T>(work: (writing: Kysely<Tables>) => Promise<T>): Promise<T> =>
    engine.write(work, 'own rows');
  return {
    // Excludes other writers, so that an image does not wait twice.
    add: (request) => engine.write((writing) => add(writing, request, now())),
    find: (id) => find(db, id),
    findFailed: (filter) => findFailed(db, filter),
    countFailed: () => countFailed(db),
    findNextRun: () => findNextRun(db),
    claim: (terms) => write((writing) => claim(writing, engine, { terms, now: now() })),
    renew: (lease, forMs, step) =>
      write((writing) =>
        update(writing, lease, { expires_at: now() + forMs, ...(step !== undefined && { step }) }),
      ),
    complete: (lease, digest) =>
      write((writing) => end(writing, lease, { ...ended('done', now()), digest, error: null, step: null })),
    fail: (lease, error, nextRun) =>
      write((writing) => {
        const outcome = nextRun === undefined ? ended('failed', now()) : waiting(nextRun.getTime());
        return end(writing, lease, { ...outcome, error: stripControls(redact(error)) });
      }),
    handBack: (lease) =>
      write((writing) => end(writing, lease, { state: 'waiting', attempt: sql<number>`attempt - 1` })),
    retry: (id) => write((writing) => retry(writing, id, now())),
    repeatFailed: (registry) => write((writing) => repeatFailed(writing, registry, now())),
  };
}

const waiting = (runAt: number) => ({ state: 'waiting', run_at: runAt }) as const;
const ended = (state: 'done' | 'failed', at: number) => ({ state, ended_at: at, access: null }) as const;

async function add(db: Kysely<Tables>, request: ScanRequest, now: number): Promise<ScanJob> {
  const lane = scanLanes.indexOf(request.lane);
  const { reference, registry, order } = request;
  const same = order === undefined ? await findWaiting(db, request) : undefined;
  if (same !== undefined) {
    if (same.lane <= lane) return toScanJob(same, now);
    await db.updateTable('scan_job').set({ lane }).where('name', '=', same.name).execute();
    return toScanJob({ ...same, lane }, now);
  }
  if (order === undefined) await supersede(db, request);
  const row = await db
    .insertInto('scan_job')
    .values({
      name: randomUUID(),
      lane,
      registry,
      reference,
      platform: request.platform ?? '',
      ...waiting(now),
      created_at: now,
      attempt: 0,
      number: 0,
      subject: order?.subject ?? null,
      access: order?.access ?? null,
      credentials: request.credentials ?? null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toScanJob(row, now);
}

/** Ends the repetitions of failed jobs of the same image: the new one takes their place. */
async function supersede(db: Kysely<Tables>, { reference, platform }: ScanRequest): Promise<void> {
  await db
    .updateTable('scan_job')
    .set({ repetitions: limits.scanRepetitions })
    .where('state', '=', 'failed')
    .where('reference', '=', reference)
    .where('platform', '=', platform ?? '')
    .execute();
}

/** Returns the job without an order that waits for the same image, and has the same credentials. */
async function findWaiting(
  db: Kysely<Tables>,
  { reference, platform, credentials }: ScanRequest,
): Promise<ScanRow | undefined> {
  return await db
    .selectFrom('scan_job')
    .selectAll()
    .where('ended_at', 'is', null)
    .where('reference', '=', reference)
    .where('platform', '=', platform ?? '')
    .where('state', '=', 'waiting')
    .where('subject', 'is', null)
    .where((eb) =>
      credentials === undefined ? eb('credentials', 'is', null) : eb('credentials', '=', credentials),
    )
    .executeTakeFirst();
}

async function find(db: Kysely<Tables>, id: string): Promise<ScanJob | undefined> {
  const row = await db.selectFrom('scan_job').selectAll().where('name', '=', id).executeTakeFirst();
  return row && toScanJob(row, row.expires_at ?? 0);
}

async function findFailed(
  db: Kysely<Tables>,
  { registry, limit, after }: FailedScanFilter,
): Promise<ScanJob[]> {
  const last = after === undefined ? undefined : await find(db, after);
  const rows = await db
    .selectFrom('scan_job')
    .selectAll()
    .where('state', '=', 'failed')
    .$if(registry !== undefined, (query) => query.where('registry', '=', registry ?? ''))
    .$if(last !== undefined, (query) =>
      query.where((eb) =>
        eb(eb.refTuple('registry', 'name'), '>', eb.tuple(last?.registry ?? '', last?.id ?? '')),
      ),
    )
    .orderBy('registry')
    .orderBy('name')
    .limit(limit)
    .execute();
  return rows.map((row) => toScanJob(row, 0));
}

async function countFailed(db: Kysely<Tables>): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('scan_job')
    .select(['registry', (eb) => eb.fn.countAll().as('count')])
    .where('state', '=', 'failed')
    .groupBy('registry')
    .execute();
  return new Map(rows.map(({ registry, count }) => [registry, Number(count)]));
}

/** A job is due at its time, but not before its lease has expired. */
async function findNextRun(db: Kysely<Tables>): Promise<string | undefined> {
  const { next } = await db
    .selectFrom('scan_job')
    .select((eb) =>
      eb.fn
        .min<number | null>(sql<number>`case when expires_at > run_at then expires_at else run_at end`)
        .as('next'),
    )
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  return next === null ? undefined : isoTime(next);
}

interface ClaimContext {
  readonly terms: ScanClaimTerms;
  readonly now: number;
}

async function claim(
  db: Kysely<Tables>,
  { skipLocked }: Engine,
  { terms, now }: ClaimContext,
): Promise<ClaimedScan[]> {
  await failAbandoned(db, now);
  await failOverdue(db, now);
  const claimed: ClaimedScan[] = [];
  const running = await runningByRegistry(db, now);
  while (claimed.length < terms.limit) {
    const full = [...running]
      .filter(([name, count]) => count >= terms.perRegistry(name))
      .map(([name]) => name);
    const due = await dueJobs(db, now)
      .$if(!terms.takesOrders, (query) => query.where('subject', 'is', null))
      .$if(full.length > 0, (query) => query.where('registry', 'not in', full))
      .select(['name', 'registry'])
      .orderBy('lane')
      .orderBy('run_at')
      .orderBy('name')
      .limit(1)
      .modifyEnd(skipLocked)
      .executeTakeFirst();
    if (due === undefined) break;
    running.set(due.registry, (running.get(due.registry) ?? 0) + 1);
    claimed.push(await take(db, due.name, { terms, now }));
  }
  return claimed;
}

function dueJobs(db: Kysely<Tables>, now: number) {
  return db
    .selectFrom('scan_job')
    .where('ended_at', 'is', null)
    .where('run_at', '<=', now)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '<=', now)]));
}

/** The error of a job whose last run has no outcome. */
const unfinishedScan = 'the process that ran the scan ended or was suspended during the run';

/** Fails the jobs that have ended their process too often. */
async function failAbandoned(db: Kysely<Tables>, now: number): Promise<void> {
  await db
    .updateTable('scan_job')
    .set({ ...ended('failed', now), owner: null, expires_at: null, error: unfinishedScan })
    .where('ended_at', 'is', null)
    .where('state', '=', 'running')
    .where('expires_at', '<=', now)
    .where('attempt', '>=', limits.scanAttempts)
    .execute();
}

/** Fails the jobs with an order that no process has run in time. Their access is only valid for some time. */
async function failOverdue(db: Kysely<Tables>, now: number): Promise<void> {
  const error = `no server ran the scan within ${limits.orderedScanMs / 60_000} minutes`;
  await db
    .updateTable('scan_job')
    .set({ ...ended('failed', now), owner: null, expires_at: null, error })
    .where('ended_at', 'is', null)
    .where('subject', 'is not', null)
    .where('created_at', '<', now - limits.orderedScanMs)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '<=', now)]))
    .execute();
}

async function runningByRegistry(db: Kysely<Tables>, now: number): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('scan_job')
    .select('registry')
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .execute();
  return new Map([...Map.groupBy(rows, ({ registry }) => registry)].map(([name, all]) => [name, all.length]));
}

async function take(
  db: Kysely<Tables>,
  name: string,
  { terms: { owner, forMs }, now }: ClaimContext,
): Promise<ClaimedScan> {
  const row = await db
    .updateTable('scan_job')
    .set({
      state: 'running',
      attempt: sql<number>`attempt + 1`,
      error: sql<string | null>`case when owner is null then error else ${unfinishedScan} end`,
      owner,
      expires_at: now + forMs,
      number: nextLeaseNumber('scan_job', now),
    })
    .where('name', '=', name)
    .returningAll()
    .executeTakeFirstOrThrow();
  const lease = { table: 'scan_job', name, owner, number: row.number } as const;
  return { ...toScanJob(row, now), lease, access: row.access };
}

type ScanChanges = UpdateObject<Tables, 'scan_job'>;

async function update(db: Kysely<Tables>, lease: Lease, changes: ScanChanges): Promise<boolean> {
  const { numUpdatedRows: updated } = await db
    .updateTable('scan_job')
    .set(changes)
    .where((eb) => eb.and(leaseKey(lease)))
    .executeTakeFirstOrThrow();
  return updated === 1n;
}

/** Ends the lease of a job, and sets its columns. */
async function end(db: Kysely<Tables>, lease: Lease, changes: ScanChanges): Promise<void> {
  const isHeld = await update(db, lease, { ...changes, owner: null, expires_at: null });
  if (!isHeld) throw lostLeaseError(lease);
}

async function retry(db: Kysely<Tables>, id: string, now: number): Promise<ScanJob | undefined> {
  await db
    .updateTable('scan_job')
    .set({ ...waiting(now), ended_at: null, attempt: 0, error: null, step: null })
    .where('name', '=', id)
    .where('state', '=', 'failed')
    .where('subject', 'is', null)
    .execute();
  return await find(db, id);
}

async function repeatFailed(db: Kysely<Tables>, registry: string, now: number): Promise<number> {
  const { numUpdatedRows: repeated } = await db
    .updateTable('scan_job')
    .set({
      ...waiting(now),
      ended_at: null,
      attempt: 0,
      step: null,
      lane: scanLanes.indexOf('backfill'),
      repetitions: sql<number>`repetitions + 1`,
    })
    .where('state', '=', 'failed')
    .where('registry', '=', registry)
    .where('subject', 'is', null)
    .where((eb) =>
      eb.or(
        Array.from({ length: limits.scanRepetitions }, (_, repetitions) =>
          eb('repetitions', '=', repetitions).and(
            'ended_at',
            '<=',
            now - limits.scanRepeatMs * 2 ** repetitions,
          ),
        ),
      ),
    )
    .executeTakeFirstOrThrow();
  return Number(repeated);
}

function toScanJob(row: ScanRow, now: number): ScanJob {
  const { name: id, lane, registry, reference, platform, state } = row;
  const { attempt, step, error, digest, subject, credentials } = row;
  const isAbandoned = state === 'running' && row.expires_at !== null && row.expires_at < now;
  return {
    id,
    registry,
    reference,
    attempt,
    step,
    error,
    digest,
    subject,
    credentials,
    state: isAbandoned ? 'waiting' : state,
    platform: platform === '' ? null : platform,
    lane: scanLanes[lane] ?? 'backfill',
    createdAt: isoTime(row.created_at),
    runAt: isoTime(row.run_at),
    endedAt: isoTimeOrNull(row.ended_at),
  };
}
