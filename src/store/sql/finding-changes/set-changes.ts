import type { Kysely } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../../kit/collections.ts';
import type { FindingCause } from '../../../model/finding-changes.ts';
import type { SetFinding } from '../../finding-count-store.ts';
import { countsAllAgain } from '../changed-sets.ts';
import { rankOf } from '../finding-index/stored-values.ts';
import type { Tables } from '../schema.ts';
import { noRank } from './change-rows.ts';
import type { FindingChange } from './record-changes.ts';

/** Number of sets, findings or names per statement. */
const atATime = 500;

/** Events that are not older can be the cause of a change of today, in milliseconds. */
const recentEventMs = 2 * 24 * 3_600_000;

/** The findings that a package set of counted images has gained and lost. */
export interface SetChange {
  readonly set: number;
  /** A package that the set has twice has its findings twice. */
  readonly opened: readonly SetFinding[];
  /** Numbers of findings, each once. */
  readonly closed: readonly number[];
  /** Number of all findings before, and of those that are neither opened nor closed. */
  readonly before: number;
  readonly kept: number;
}

/** A finding whose severity has changed, and the number of images that have it. */
export interface RatedFinding {
  readonly vulnerability: string;
  readonly rank: number;
  readonly images: number;
}

/** Returns what changes of sets do to the findings of all images that have them. `now` is in milliseconds since 1970. */
export async function changesBySets(
  db: Kysely<Tables>,
  sets: readonly SetChange[],
  now: number,
): Promise<FindingChange[]> {
  const images = await imagesOfSets(
    db,
    sets.map(({ set }) => set),
  );
  const closed = await findClosed(db, [...new Set(sets.flatMap((one) => one.closed))]);
  const changes = sets.flatMap((set) => changesOf(set, { closed, images: images.get(set.set) ?? 0 }));
  const causeOf = await causes(db, [...new Set(changes.map(({ subject }) => subject))], now);
  return changes.map((change) => ({ ...change, cause: causeOf(change.subject) }));
}

/** Returns the changes by other severities. */
export function changesByRatings(rated: readonly RatedFinding[]): FindingChange[] {
  return rated
    .filter(({ images }) => images > 0)
    .map(({ vulnerability: subject, rank, images: rerated }) => {
      return { cause: 'rating', subject, rank, opened: 0, closed: 0, rerated };
    });
}

type UncausedChange = Omit<FindingChange, 'cause'>;

interface StoredFinding {
  readonly subject: string;
  readonly rank: number;
}

function changesOf(
  { opened, closed, before, kept }: SetChange,
  context: { readonly closed: ReadonlyMap<number, StoredFinding>; readonly images: number },
): UncausedChange[] {
  const { images } = context;
  const added = opened.map(({ vulnerability, severity }) => {
    return { subject: vulnerability, rank: rankOf(severity), opened: images, closed: 0, rerated: 0 };
  });
  // How often a set had a finding is not stored. Findings beyond one for each count with the last one.
  const extra = before - kept - closed.length;
  const lost = closed.map((number, i) => {
    const { subject = '', rank = noRank } = context.closed.get(number) ?? {};
    const times = i === closed.length - 1 ? 1 + Math.max(0, extra) : 1;
    return { subject, rank, opened: 0, closed: images * times, rerated: 0 };
  });
  return [...added, ...lost];
}

async function imagesOfSets(
  db: Kysely<Tables>,
  sets: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const images = new Map<number, number>();
  for (const some of splitIntoChunks(sets, atATime)) {
    const rows = await db
      .selectFrom('counted_set')
      .select('set_id')
      .select((eb) => eb.fn.countAll().as('images'))
      .where('set_id', 'in', padToPowerOfTwo(some))
      .groupBy('set_id')
      .execute();
    for (const { set_id: set, images: count } of rows) images.set(set, Number(count));
  }
  return images;
}

async function findClosed(
  db: Kysely<Tables>,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, StoredFinding>> {
  const found = new Map<number, StoredFinding>();
  for (const some of splitIntoChunks(numbers, atATime)) {
    const query = db.selectFrom('finding').select(['id', 'name as subject', 'rank']);
    for (const { id, ...row } of await query.where('id', 'in', padToPowerOfTwo(some)).execute())
      found.set(id, row);
  }
  return found;
}

/** Returns a function that finds why the findings of a vulnerability changed. */
async function causes(
  db: Kysely<Tables>,
  names: readonly string[],
  now: number,
): Promise<(name: string) => FindingCause> {
  if (!(await countsAllAgain(db))) return () => 'advisory';
  const changed = new Set<string>();
  for (const some of splitIntoChunks(names, atATime)) {
    const query = db
      .selectFrom('event')
      .select('name')
      .distinct()
      .where('at', '>=', now - recentEventMs);
    for (const { name } of await query.where('name', 'in', padToPowerOfTwo(some)).execute())
      changed.add(name);
  }
  return (name) => (changed.has(name) ? 'advisory' : 'counted-again');
}
