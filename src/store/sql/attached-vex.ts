import type { Kysely } from 'kysely';
import { padToPowerOfTwo } from '../../kit/collections.ts';
import { sha256Of } from '../../kit/sha256.ts';
import type {
  AttachedVex,
  AttachedVexDocument,
  AttachedVexStore,
  VexToReadPage,
} from '../attached-vex-store.ts';
import type { PageRequest } from '../page.ts';
import type { Engine } from './engine.ts';
import type { Tables } from './schema.ts';

/** Returns the attached VEX documents of a store; `now` is in milliseconds since 1970. */
export function attachedVexStore(engine: Engine, now: () => number): AttachedVexStore {
  const { db } = engine;
  return {
    save: (image, subject, attached) => save(engine, { image, subject, attached, now: now() }),
    findWithDocuments: (images) => findWithDocuments(db, images),
    find: async (image) => ({
      attached: await find(db, image),
      repositories: await repositoriesOf(db, image),
    }),
    findReadBefore: (time, page) => findReadBefore(db, time.getTime(), page),
  };
}

interface Reading {
  readonly image: number;
  readonly subject: string;
  readonly attached: AttachedVex;
  readonly now: number;
}

async function save(engine: Engine, reading: Reading): Promise<void> {
  const { image, attached, now } = reading;
  const key = { known_image_id: image, repository: attached.repository };
  const row = { ...rowOf(attached), read_at: now };
  if (!changes(await findDocuments(engine.db, key), attached.documents)) {
    await engine.write((db) => upsert(db, key, row), 'own rows');
    return;
  }
  // Excludes other writers, so that the log has each change once.
  await engine.write(async (db) => {
    await logChanges(db, await findDocuments(db, key), reading);
    await upsert(db, key, row);
  });
}

interface RowKey {
  readonly known_image_id: number;
  readonly repository: string;
}

function rowOf({ documents, refused, unreadable }: AttachedVex) {
  return {
    // Null, so that images without documents are recognized without reading them.
    documents: documents.length === 0 ? null : JSON.stringify(documents),
    refused,
    unreadable: JSON.stringify(unreadable),
  };
}

async function upsert(
  db: Kysely<Tables>,
  key: RowKey,
  row: ReturnType<typeof rowOf> & { readonly read_at: number },
): Promise<void> {
  await db
    .insertInto('attached_vex')
    .values({ ...key, ...row })
    .onConflict((conflict) => conflict.columns(['known_image_id', 'repository']).doUpdateSet(row))
    .execute();
}

async function findDocuments(
  db: Kysely<Tables>,
  { known_image_id: image, repository }: RowKey,
): Promise<readonly AttachedVexDocument[]> {
  const query = db
    .selectFrom('attached_vex')
    .select('documents')
    .where('known_image_id', '=', image)
    .where('repository', '=', repository);
  return documentsOf((await query.executeTakeFirst())?.documents ?? null);
}

/** Returns the documents of a row. `save` wrote the text, so it needs no validation. */
function documentsOf(text: string | null): readonly AttachedVexDocument[] {
  return text === null ? [] : (JSON.parse(text) as AttachedVexDocument[]);
}

function changes(before: readonly AttachedVexDocument[], after: readonly AttachedVexDocument[]): boolean {
  return missing(before, after).length > 0 || missing(after, before).length > 0;
}

/** Returns the documents of a list that another list does not have. */
function missing(
  list: readonly AttachedVexDocument[],
  other: readonly AttachedVexDocument[],
): readonly AttachedVexDocument[] {
  return list.filter(({ digest, signer }) =>
    other.every((one) => one.digest !== digest || one.signer !== signer),
  );
}

async function logChanges(
  db: Kysely<Tables>,
  before: readonly AttachedVexDocument[],
  { image, subject, attached: { documents }, now }: Reading,
): Promise<void> {
  const entryOf = ({ digest, signer }: AttachedVexDocument) => ({
    at: now,
    actor: `key ${signer}`,
    subject: `${subject}/${digest}`,
    known_image: image,
  });
  const gone = missing(before, documents).map((one) => ({
    ...entryOf(one),
    action: 'deleted' as const,
    before: sha256Of(one.content),
    after: null,
  }));
  const added = missing(documents, before).map((one) => ({
    ...entryOf(one),
    action: 'saved' as const,
    before: null,
    after: sha256Of(one.content),
  }));
  const entries = [...gone, ...added];
  if (entries.length > 0) await db.insertInto('audit_entry').values(entries).execute();
}

async function findWithDocuments(
  db: Kysely<Tables>,
  images: readonly number[],
): Promise<ReadonlySet<number>> {
  if (images.length === 0) return new Set();
  const rows = await db
    .selectFrom('attached_vex')
    .select('known_image_id')
    .where('known_image_id', 'in', padToPowerOfTwo(images))
    .where('documents', 'is not', null)
    .execute();
  return new Set(rows.map((row) => row.known_image_id));
}

async function find(db: Kysely<Tables>, image: number): Promise<AttachedVex[]> {
  const rows = await db
    .selectFrom('attached_vex')
    .selectAll()
    .where('known_image_id', '=', image)
    .orderBy('repository')
    .execute();
  return rows.map(({ repository, documents, refused, unreadable }) => ({
    repository,
    refused,
    documents: documentsOf(documents),
    unreadable: JSON.parse(unreadable) as string[],
  }));
}

/** Returns the repositories that name an image now, sorted. */
async function repositoriesOf(db: Kysely<Tables>, image: number): Promise<string[]> {
  const rows = await db
    .selectFrom('image_name')
    .select('repository')
    .distinct()
    .where('known_image_id', '=', image)
    .where('until', 'is', null)
    .orderBy('repository')
    .execute();
  return rows.map(({ repository }) => repository);
}

async function findReadBefore(
  db: Kysely<Tables>,
  time: number,
  { limit, after = 0 }: PageRequest<number>,
): Promise<VexToReadPage> {
  const read = await db
    .selectFrom('attached_vex')
    .select('known_image_id')
    .distinct()
    .where('known_image_id', '>', after)
    .where('read_at', '<', time)
    .orderBy('known_image_id')
    .limit(limit)
    .execute();
  const images = read.map((row) => row.known_image_id);
  const last = images.at(-1);
  if (last === undefined) return { names: [] };
  const names = await db
    .selectFrom('attached_vex')
    .innerJoin('known_image', 'known_image.id', 'attached_vex.known_image_id')
    .innerJoin('image_name', (join) =>
      join
        .onRef('image_name.known_image_id', '=', 'attached_vex.known_image_id')
        .onRef('image_name.repository', '=', 'attached_vex.repository')
        .on('image_name.until', 'is', null),
    )
    .select((eb) => [
      'attached_vex.repository',
      'known_image.platform',
      eb.fn.min<string>('image_name.tag').as('tag'),
    ])
    .where('attached_vex.known_image_id', 'in', images)
    .where('attached_vex.read_at', '<', time)
    .groupBy(['known_image.id', 'attached_vex.repository', 'known_image.platform'])
    .orderBy('known_image.id')
    .orderBy('attached_vex.repository')
    .execute();
  return { names, ...(images.length === limit && { next: last }) };
}
