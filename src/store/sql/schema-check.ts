import type { Kysely } from 'kysely';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { monotonicMs } from '../../kit/async/retry.ts';
import { settlesWithin } from '../../kit/async/timeout.ts';
import type { Engine } from './engine.ts';
import { readValue, writeValue } from './key-values.ts';
import { schemaVersion, type Tables } from './schema.ts';

/** The first schema whose programs read the minimum schema. Those of earlier schemas refuse every later one. */
export const firstSharedSchema = 14;

/** Key of the number of the oldest schema whose programs can use the tables. */
const minimumKey = 'store/minimum-schema';

/** Returns the number of the oldest schema whose programs can use the tables. */
export async function readMinimumSchema(engine: Engine, db: Kysely<Tables>): Promise<number> {
  return await minimumOf(engine, db, await readValue(db, minimumKey));
}

/** Databases of early schemas state no minimum: only their own programs can use them. */
async function minimumOf(engine: Engine, db: Kysely<Tables>, stated: string | undefined): Promise<number> {
  return stated === undefined ? await engine.schemaVersion(db) : Number(stated);
}

/** Raises the minimum schema to this number; returns whether it was lower. */
export async function raiseMinimumSchema(
  engine: Engine,
  db: Kysely<Tables>,
  minimum: number,
): Promise<boolean> {
  if ((await readMinimumSchema(engine, db)) >= minimum) return false;
  await writeValue(db, minimumKey, String(minimum));
  return true;
}

/** Throws `store-incompatible` if a later version has changed the tables so that a program of schema `program` cannot use them. */
export async function assertUsable(
  engine: Engine,
  db: Kysely<Tables>,
  program: number = schemaVersion,
): Promise<void> {
  assertMinimum(await readMinimumSchema(engine, db), program);
}

function assertMinimum(minimum: number, program: number): void {
  if (minimum <= program) return;
  throw new ClairError(
    'store-incompatible',
    `the database was written by a later version of this program (its tables need schema ${minimum}; this version has ${program}): update the program or choose another database`,
  );
}

/**
 * Makes an engine refuse to write once a later version has changed the tables. The check is in the transaction, behind its lock, so no
 * migration can run between the check and the commit.
 */
export function refuseLaterSchema(engine: Engine): void {
  if (engine.isReadOnly) return;
  engine.hooks.writeCheck = {
    query: `select value from key_value where key = '${minimumKey}'`,
    verify: async (stated, db) => {
      assertMinimum(await minimumOf(engine, db, stated), schemaVersion);
    },
  };
}

/** Checks during reads whether a later version has changed the tables. A check costs one query in `limits.schemaCheckMs`. */
export class SchemaCheck {
  readonly #engine: Engine;
  #checkedAt = monotonicMs();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Throws `store-incompatible` if a later version has changed the tables. Returns after `limits.storePingMs` if the database is busy: a
   * health check reports its availability separately.
   */
  async run(): Promise<void> {
    await settlesWithin(this.#assertUsable(), limits.storePingMs);
  }

  /** Returns the functions of a part of the store. Each throws `store-incompatible` if a later version has changed the tables. */
  guard<T extends object>(part: T): T {
    const functions = Object.entries(part as Readonly<Record<string, AsyncFunction>>);
    const guarded = functions.map(([name, call]): [string, AsyncFunction] => [
      name,
      async (...values) => {
        if (monotonicMs() - this.#checkedAt >= limits.schemaCheckMs) await this.#assertUsable();
        try {
          return await call(...values);
        } catch (error) {
          throw isExpected(error) ? error : await this.#explain(error);
        }
      },
    ]);
    return Object.fromEntries(guarded) as T;
  }

  /** A query of tables that have changed fails with an error of the database. */
  async #explain(error: unknown): Promise<unknown> {
    try {
      await this.#assertUsable();
      return error;
    } catch (cause) {
      return isExpected(cause) ? cause : error;
    }
  }

  async #assertUsable(): Promise<void> {
    if (this.#engine.isReadOnly) return;
    await assertUsable(this.#engine, this.#engine.db);
    this.#checkedAt = monotonicMs();
  }
}

type AsyncFunction = (...values: readonly unknown[]) => Promise<unknown>;

function isExpected(error: unknown): boolean {
  return error instanceof ClairError && error.code !== 'store-unusable';
}
