import type { Kysely, Selectable } from 'kysely';
import { redact } from '../../kit/redact.ts';
import { stripControls } from '../../kit/untrusted-text.ts';
import type { RegistryWalk, WatchedTag, WatchStore } from '../watch-store.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';
import { isoTime, isoTimeOrNull } from './times.ts';
import type { WatchedRegistryTable } from './watch-tables.ts';

/** Returns the watched registries of a store. */
export function watchStore(engine: Engine): WatchStore {
  const { db } = engine;
  const write = (work: (writing: Kysely<Tables>) => Promise<unknown>): Promise<unknown> =>
    engine.write(work, 'own rows');
  return {
    async saveWalk(walk) {
      const row = toRow(walk);
      await write((writing) =>
        writing
          .insertInto('watched_registry')
          .values(row)
          .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
          .execute(),
      );
    },
    async findWalks() {
      const rows = await db.selectFrom('watched_registry').selectAll().orderBy('name').execute();
      return rows.map(toWalk);
    },
    async requestWalk(name) {
      await write((writing) =>
        writing
          .updateTable('watched_registry')
          .set({ next_at: 0 })
          .where('name', '=', name)
          .where('next_at', 'is not', null)
          .execute(),
      );
    },
    pageRepositories: (watch, after, limit) => pageRepositories(db, watch, { after, limit }),
    async findTags(watch, repository) {
      const rows = await db
        .selectFrom('watched_tag')
        .select(['tag', 'digest'])
        .where('watch', '=', watch)
        .where('repository', '=', repository)
        .execute();
      return new Map(rows.map(({ tag, digest }) => [tag, digest]));
    },
    async saveTag(watch, tag) {
      await write((writing) => saveTag(writing, watch, tag));
    },
    async dropTags(watch, repository, tags) {
      for (let i = 0; i < tags.length; i += tagsAtATime)
        await write((writing) =>
          writing
            .deleteFrom('watched_tag')
            .where('watch', '=', watch)
            .where('repository', '=', repository)
            .where('tag', 'in', tags.slice(i, i + tagsAtATime))
            .execute(),
        );
    },
  };
}

async function pageRepositories(
  db: Kysely<Tables>,
  watch: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom('watched_tag')
    .select('repository')
    .distinct()
    .where('watch', '=', watch)
    .where('repository', '>', after)
    .orderBy('repository')
    .limit(limit)
    .execute();
  return rows.map(({ repository }) => repository);
}

async function saveTag(
  db: Kysely<Tables>,
  watch: string,
  { repository, tag, digest }: WatchedTag,
): Promise<void> {
  await db
    .insertInto('watched_tag')
    .values({ watch, repository, tag, digest })
    .onConflict((conflict) => conflict.columns(['watch', 'repository', 'tag']).doUpdateSet({ digest }))
    .execute();
}

/** Number of tags in one statement. */
const tagsAtATime = 500;

function toRow(walk: RegistryWalk): WatchedRegistryTable {
  const { startedAt, endedAt, nextAt, completedAt, error, ...same } = walk;
  return {
    ...same,
    started_at: Date.parse(startedAt),
    ended_at: endedAt === null ? null : Date.parse(endedAt),
    next_at: nextAt === null ? null : Date.parse(nextAt),
    completed_at: completedAt === null ? null : Date.parse(completedAt),
    error: error === null ? null : stripControls(redact(error)),
  };
}

function toWalk(row: Selectable<WatchedRegistryTable>): RegistryWalk {
  const { started_at: started, ended_at: ended, next_at: next, completed_at: completed, ...same } = row;
  return {
    ...same,
    startedAt: isoTime(started),
    endedAt: isoTimeOrNull(ended),
    nextAt: isoTimeOrNull(next),
    completedAt: isoTimeOrNull(completed),
  };
}
