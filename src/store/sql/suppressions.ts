import { createHash } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { PageRequest } from '../page.ts';
import type { AuditEntry, AuditPage, SavedSuppression, SuppressionStore } from '../suppression-store.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';
import type { SavedSuppressionTable } from './suppression-tables.ts';
import { isoTime } from './times.ts';

/** Returns the suppressions of a store; `now` is in milliseconds since 1970. */
export function suppressionStore(engine: Engine, now: () => number): SuppressionStore {
  const { db } = engine;
  return {
    revision: () => revision(db),
    list: async () =>
      (await db.selectFrom('saved_suppression').selectAll().orderBy('name').execute()).map(toSaved),
    find: (name) => find(db, name),
    // Excludes other writers, so that the log has each change with the content before it.
    save: (name, content, actor) =>
      engine.write((writing) => save(writing, { name, content, actor, now: now() })),
    delete: (name, actor) => engine.write((writing) => remove(writing, { name, actor, now: now() })),
    pageAudit: (page) => pageAudit(db, page),
  };
}

async function revision(db: Kysely<Tables>): Promise<number> {
  const query = db
    .selectFrom('audit_entry')
    .select('number')
    .where('known_image', 'is', null)
    .orderBy('number', 'desc')
    .limit(1);
  return (await query.executeTakeFirst())?.number ?? 0;
}

async function find(db: Kysely<Tables>, name: string): Promise<SavedSuppression | undefined> {
  const query = db.selectFrom('saved_suppression').selectAll().where('name', '=', name);
  const row = await query.executeTakeFirst();
  return row && toSaved(row);
}

interface Change {
  readonly name: string;
  readonly actor: string | null;
  readonly now: number;
}

async function save(
  db: Kysely<Tables>,
  { content, ...change }: Change & { readonly content: string },
): Promise<SavedSuppression> {
  const { name, actor, now } = change;
  const before = await find(db, name);
  const sha256 = createHash('sha256').update(content).digest('hex');
  if (before?.sha256 === sha256) return before;
  if (before === undefined) await assertBelowLimit(db);
  const values = { content, sha256, saved_at: now, saved_by: actor };
  await db
    .insertInto('saved_suppression')
    .values({ name, ...values })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
    .execute();
  await log(db, change, { action: 'saved', before: before?.sha256 ?? null, after: sha256 });
  return toSaved({ name, ...values });
}

async function assertBelowLimit(db: Kysely<Tables>): Promise<void> {
  const { count } = await db
    .selectFrom('saved_suppression')
    .select((eb) => eb.fn.countAll<number | string>().as('count'))
    .executeTakeFirstOrThrow();
  if (Number(count) >= limits.savedSuppressions)
    throw new ClairError(
      'limit-exceeded',
      `the server has ${limits.savedSuppressions} files of rules and VEX documents: delete one, or put them into a directory`,
      { limit: 'savedSuppressions' },
    );
}

async function remove(db: Kysely<Tables>, change: Change): Promise<boolean> {
  const before = await find(db, change.name);
  if (before === undefined) return false;
  await db.deleteFrom('saved_suppression').where('name', '=', change.name).execute();
  await log(db, change, { action: 'deleted', before: before.sha256, after: null });
  return true;
}

async function log(
  db: Kysely<Tables>,
  { name, actor, now }: Change,
  change: Pick<AuditEntry, 'action' | 'before' | 'after'>,
): Promise<void> {
  const entry = { at: now, actor, subject: `suppression/${name}`, known_image: null, ...change };
  await db.insertInto('audit_entry').values(entry).execute();
}

async function pageAudit(db: Kysely<Tables>, { limit, after }: PageRequest<number>): Promise<AuditPage> {
  const rows = await db
    .selectFrom('audit_entry')
    .selectAll()
    .$if(after !== undefined, (query) => query.where('number', '<', after ?? 0))
    .orderBy('number', 'desc')
    .limit(limit + 1)
    .execute();
  const entries = rows
    .slice(0, limit)
    .map(({ at, known_image: _, ...entry }) => ({ ...entry, at: isoTime(at) }));
  const last = entries.at(-1);
  return { entries, ...(rows.length > limit && last !== undefined && { next: last.number }) };
}

function toSaved(row: Selectable<SavedSuppressionTable>): SavedSuppression {
  const { name, content, sha256, saved_at: at, saved_by: by } = row;
  return { name, content, sha256, savedAt: isoTime(at), savedBy: by };
}
