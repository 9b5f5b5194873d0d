import { type Kysely, type Selectable, sql } from 'kysely';
import { limits } from '../../core/limits.ts';
import type { ClaimedName, NameClaimTerms, NoticedName, NoticedNameStore } from '../noticed-name-store.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';
import { isoTime } from './times.ts';
import type { NoticedNameTable } from './watch-tables.ts';

/** Returns the names in notifications of registries; `now` is in milliseconds since 1970. */
export function noticedNameStore(engine: Engine, now: () => number): NoticedNameStore {
  const { db } = engine;
  const write = <T>(work: (writing: Kysely<Tables>) => Promise<T>): Promise<T> =>
    engine.write(work, 'own rows');
  return {
    add: (watch, names) => write((writing) => add(writing, { watch, names, now: now() })),
    findNextRun: (watches) => findNextRun(db, watches),
    claim: (terms) => write((writing) => claim(writing, engine, { terms, now: now() })),
    async complete(name) {
      await write((writing) =>
        writing
          .deleteFrom('noticed_name')
          .where((eb) => eb.and(keyOf(name)))
          .execute(),
      );
    },
    async delay(name, until) {
      await write((writing) =>
        writing
          .updateTable('noticed_name')
          .set({ run_at: until.getTime() })
          .where((eb) => eb.and(keyOf(name)))
          .execute(),
      );
    },
  };
}

interface Addition {
  readonly watch: string;
  readonly names: readonly NoticedName[];
  readonly now: number;
}

async function add(db: Kysely<Tables>, { watch, names, now }: Addition): Promise<boolean> {
  await db
    .deleteFrom('noticed_name')
    .where('added_at', '<', now - limits.noticedNameMs)
    .execute();
  const { waiting } = await db
    .selectFrom('noticed_name')
    .select((eb) => eb.fn.countAll().as('waiting'))
    .executeTakeFirstOrThrow();
  if (Number(waiting) + names.length > limits.webhookNamesWaiting) return false;
  for (const { repository, tag, digest, pushed = null } of names) {
    const due = { pushed, added_at: now, run_at: now, attempt: 0 };
    await db
      .insertInto('noticed_name')
      .values({ watch, repository, name: tag ?? digest ?? '', ...due, number: 0 })
      .onConflict((conflict) =>
        conflict
          .columns(['watch', 'repository', 'name'])
          .doUpdateSet({ ...due, number: sql<number>`noticed_name.number + 1` }),
      )
      .execute();
  }
  return true;
}

async function findNextRun(db: Kysely<Tables>, watches: readonly string[]): Promise<string | undefined> {
  if (watches.length === 0) return undefined;
  const { next } = await db
    .selectFrom('noticed_name')
    .select((eb) => eb.fn.min<number | null>('run_at').as('next'))
    .where('watch', 'in', watches)
    .executeTakeFirstOrThrow();
  return next === null ? undefined : isoTime(next);
}

interface ClaimContext {
  readonly terms: NameClaimTerms;
  readonly now: number;
}

async function claim(
  db: Kysely<Tables>,
  { skipLocked }: Engine,
  { terms: { watches, limit, forMs }, now }: ClaimContext,
): Promise<ClaimedName[]> {
  const due = await db
    .selectFrom('noticed_name')
    .selectAll()
    .where('watch', 'in', watches)
    .where('run_at', '<=', now)
    .orderBy('run_at')
    .orderBy('watch')
    .orderBy('repository')
    .orderBy('name')
    .limit(limit)
    .modifyEnd(skipLocked)
    .execute();
  const claimed = due.map((row) => ({ ...row, attempt: row.attempt + 1, number: row.number + 1 }));
  for (const { watch, repository, name, attempt, number } of claimed)
    await db
      .updateTable('noticed_name')
      .set({ run_at: now + forMs, attempt, number })
      .where((eb) => eb.and({ watch, repository, name }))
      .execute();
  return claimed.map(toClaimed);
}

/** A tag has no colon, and a digest has one. */
function toClaimed(row: Selectable<NoticedNameTable>): ClaimedName {
  const { watch, repository, name, pushed, attempt, number } = row;
  return {
    watch,
    repository,
    attempt,
    number,
    ...(name.includes(':') ? { digest: name } : { tag: name }),
    ...(pushed !== null && { pushed }),
  };
}

function keyOf({ watch, repository, tag, digest, number }: ClaimedName) {
  return { watch, repository, name: tag ?? digest ?? '', number };
}
