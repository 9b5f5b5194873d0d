import type { Kysely } from 'kysely';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { abortableSleep, monotonicMs, retry } from '../../kit/async/retry.ts';
import type { Engine } from './engine.ts';
import { readValue, writeValue } from './key-values.ts';
import {
  type Migration,
  minimumSchemaOf,
  type SingleMigration,
  type StagedMigration,
  schemaChangeOf,
} from './migrations/migration.ts';
import { schemaVersion, type Tables } from './schema.ts';
import { assertUsable, firstSharedSchema, raiseMinimumSchema, readMinimumSchema } from './schema-check.ts';

/** The schema that a version of the program uses, and the steps to it. */
export interface Program {
  readonly schema: number;
  readonly loadMigrations: () => Promise<readonly Migration[]>;
  /** Time for servers of earlier versions to notice that they must stop, in milliseconds. */
  readonly noticeMs: number;
  readonly tableLock: TableLockTimes;
}

/** A migration of the tables. */
export interface MigrationStep {
  readonly name: string;
  /** The schema that it makes. */
  readonly schema: number;
}

/** Called for each migration of a database that has tables. Another process may do the same migration at that time. */
export interface MigrationEvents {
  readonly onMigrationStart?: (step: MigrationStep) => void;
  readonly onMigrationEnd?: (step: MigrationStep, ms: number) => void;
}

/** How long a migration waits for a table that another process reads, in milliseconds. */
export interface TableLockTimes {
  /** Time of one wait. Readers of the table that come later wait for the migration meanwhile. */
  readonly waitMs: number;
  /** Pause before the next wait. */
  readonly pauseMs: number;
  /** Time after which no further wait begins. */
  readonly totalMs: number;
}

const thisProgram: Program = {
  schema: schemaVersion,
  // Loaded on demand: nearly every start finds the tables up to date.
  loadMigrations: async () => (await import('./migrations/migrations.ts')).migrations,
  noticeMs: 2 * limits.schemaCheckMs,
  tableLock: {
    waitMs: limits.schemaLockMs,
    pauseMs: limits.schemaLockPauseMs,
    totalMs: limits.schemaLockTotalMs,
  },
};

/**
 * Migrates the tables, one migration after the other. Several processes may do so simultaneously: the second finds the migration applied.
 * The statement timeout does not apply: with it, a large database would fail at every start. Throws `store-incompatible` for a schema of a
 * later version that this program cannot use, and `store-unavailable` if another process keeps a table locked. Returns the schema of the
 * database, which may be a later one.
 */
export async function migrate(
  engine: Engine,
  program = thisProgram,
  events: MigrationEvents = {},
): Promise<number> {
  const found = await engine.schemaVersion(engine.db);
  if (found >= firstSharedSchema) await assertUsable(engine, engine.db, program.schema);
  if (found >= program.schema) return found;
  if (engine.isReadOnly) throw notWritable(found, program);
  if (found === 0 && program.schema === schemaVersion && (await createsTables(engine))) return schemaVersion;
  await runMigrations(engine, found, program, found === 0 ? {} : events);
  return program.schema;
}

async function runMigrations(
  engine: Engine,
  found: number,
  program: Program,
  events: MigrationEvents,
): Promise<void> {
  const migrations = await program.loadMigrations();
  const { migrationNames: names } = await import('./migrations/migrations.ts');
  const minimum = Math.max(...migrations.map((migration, i) => minimumSchemaOf(migration, i + 1)));
  // Before, no program reads the minimum. The tables of a new database have no other user.
  const notice = new StopNotice(engine, minimum, found < firstSharedSchema ? 0 : program.noticeMs);
  for (const [version, migration] of migrations.entries()) {
    if (version < found) continue;
    const run = { engine, version, migration, notice, tableLock: program.tableLock };
    const step = { name: names[version] ?? '', schema: version + 1 };
    await reportMigration(step, () => runMigration(run), events);
  }
}

function notWritable(found: number, { schema }: Program): ClairError {
  const state =
    found === 0 ? 'is empty' : `has the tables of an earlier version (${found} instead of ${schema})`;
  return new ClairError(
    'store-unusable',
    `the database cannot be written, and ${state}: run clair db update where it can be written`,
  );
}

/**
 * Creates the current tables in an empty database at once, which takes a tenth of the time of all migrations. Returns false if the engine
 * cannot do so. If another process is first, the migrations go on from its schema.
 */
async function createsTables(engine: Engine): Promise<boolean> {
  const { createTables } = engine;
  if (createTables === undefined) return false;
  return await engine.write(async (db) => {
    if ((await engine.schemaVersion(db)) > 0) return false;
    await createTables();
    return true;
  });
}

/**
 * Stops the servers of earlier versions before the first change that they do not survive. They read the minimum schema before each write,
 * and before a read if the last check is older than `limits.schemaCheckMs`. So none of them uses the tables when they change.
 */
class StopNotice {
  readonly #engine: Engine;
  /** The minimum after all migrations: servers are stopped once. */
  readonly #minimum: number;
  readonly #waitMs: number;

  constructor(engine: Engine, minimum: number, waitMs: number) {
    this.#engine = engine;
    this.#minimum = minimum;
    this.#waitMs = waitMs;
  }

  /** Returns when no server below schema `needed` uses the tables any more. */
  async give(needed: number): Promise<void> {
    if (this.#waitMs === 0) return;
    const isRaised = await this.#engine.write(
      async (db) =>
        (await readMinimumSchema(this.#engine, db)) < needed &&
        (await raiseMinimumSchema(this.#engine, db, this.#minimum)),
    );
    if (isRaised) await abortableSleep(this.#waitMs, undefined);
  }
}

interface MigrationRun {
  readonly engine: Engine;
  /** The schema before the migration. */
  readonly version: number;
  readonly migration: Migration;
  readonly notice: StopNotice;
  readonly tableLock: TableLockTimes;
}

async function reportMigration(
  step: MigrationStep,
  work: () => Promise<void>,
  { onMigrationStart, onMigrationEnd }: MigrationEvents,
): Promise<void> {
  const start = monotonicMs();
  onMigrationStart?.(step);
  await work();
  onMigrationEnd?.(step, monotonicMs() - start);
}

async function runMigration(run: MigrationRun): Promise<void> {
  const change = schemaChangeOf(run.migration);
  if (typeof change === 'function') await runSingle(run, change);
  else await runStages(run, change);
}

async function runSingle(run: MigrationRun, change: SingleMigration): Promise<void> {
  const { engine, version, migration, notice } = run;
  await notice.give(minimumSchemaOf(migration, version + 1));
  await runStep(run, async (db) => {
    await change(db, engine.types, engine.numbering);
    await finish(run, db);
  });
}

/**
 * Runs one transaction of the migration after schema `version`. Returns undefined if another process has finished the migration. A load of
 * a feed keeps its tables locked for the whole download. Once a migration waits, later readers wait as long. So each wait is short, and
 * the readers go on in the pauses.
 */
async function runStep<T>(
  { engine, version, tableLock }: Pick<MigrationRun, 'engine' | 'version' | 'tableLock'>,
  step: (db: Kysely<Tables>) => Promise<T>,
): Promise<T | undefined> {
  const { waitMs, pauseMs, totalMs } = tableLock;
  const attempt = async (): Promise<T | undefined> =>
    await engine.write(async (db) => {
      if ((await engine.schemaVersion(db)) > version) return undefined;
      await engine.liftStatementTimeout(db);
      await engine.limitLockWaits(db, waitMs);
      return await step(db);
    });
  try {
    return await retry(attempt, {
      isRetryable: (error) => engine.isLockTimeout(error),
      delays: () => pauseMs,
      deadline: monotonicMs() + totalMs,
    });
  } catch (error) {
    throw engine.isLockTimeout(error) ? tablesLocked(totalMs, error) : error;
  }
}

function tablesLocked(totalMs: number, cause: unknown): ClairError {
  const minutes = Math.round(totalMs / 60_000);
  const message = `the tables could not be changed for ${minutes} minutes: another process keeps one of them locked; wait until it has loaded its feeds, or end it`;
  return new ClairError('store-unavailable', message, { cause });
}

/** Changes the new tables as the engine requires, and records the schema. */
async function finish({ engine, version, migration }: MigrationRun, db: Kysely<Tables>): Promise<void> {
  const schema = version + 1;
  await engine.adaptTables(db);
  if (schema >= firstSharedSchema) await raiseMinimumSchema(engine, db, minimumSchemaOf(migration, schema));
  await engine.setSchemaVersion(db, schema);
}

/** Key of the last row that the running migration has moved. */
const progressKey = 'migration';

async function runStages(run: MigrationRun, change: StagedMigration): Promise<void> {
  const { engine, version, migration, notice } = run;
  await runStep(run, async (db) => {
    if ((await readProgress(db)) !== undefined) return;
    await change.expand(db, engine.types);
    await writeProgress(db, 0);
  });
  const moveNext = async (db: Kysely<Tables>): Promise<boolean> => {
    const last = await change.backfill(db, (await readProgress(db)) ?? 0);
    if (last !== undefined) await writeProgress(db, last);
    return last !== undefined;
  };
  while ((await runStep(run, moveNext)) === true);
  await notice.give(minimumSchemaOf(migration, version + 1));
  await runStep(run, async (db) => {
    // Rows that another server has written since the last call.
    while (await moveNext(db));
    await change.contract(db);
    await db.deleteFrom('key_value').where('key', '=', progressKey).execute();
    await finish(run, db);
  });
}

async function readProgress(db: Kysely<Tables>): Promise<number | undefined> {
  const value = await readValue(db, progressKey);
  return value === undefined ? undefined : Number(value);
}

async function writeProgress(db: Kysely<Tables>, last: number): Promise<void> {
  await writeValue(db, progressKey, String(last));
}
