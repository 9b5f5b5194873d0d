import * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import type { Cell } from './cell.ts';
import type { CellList, ListedPage } from './cell-list.ts';
import type { CellPage } from './merge-pages.ts';
import { isSuccess } from './server-api.ts';

/** The time and the last event of the database of a cell. */
export interface ReachedState {
  /** Its time, ISO 8601. */
  readonly at: string;
  /** Number of the last event of its advisories. */
  readonly event: number;
}

const reachedSchema = z.object({ at: z.iso.datetime(), event: z.int().check(z.minimum(0)) });

/** Returns the time that the database of a cell has reached. Throws `server-unavailable` or `server-refused`. */
export async function readReached(cell: Cell, deadline: AbortSignal): Promise<ReachedState> {
  const answer = await cell.exchange({ path: '/api/v1/reached', limit: 'serverAnswerBytes' }, deadline);
  if (!isSuccess(answer)) throw cell.api.refusalOf(answer);
  const { at, event } = cell.api.parse(reachedSchema, answer);
  return { at: new Date(at).toISOString(), event };
}

/** A request for a page of a list of a cell. */
export interface CellPageRequest<Place> {
  readonly list: CellList<Place>;
  /** The place behind which the page begins. Undefined for the first page. */
  readonly after: Place | undefined;
  readonly limit: number;
  /** The time of the answer, ISO 8601. */
  readonly asOf: string;
}

/**
 * Returns a page of a list of a cell, without the entries that came after the time of the answer. Undefined if the cell does not know what the
 * list is about. Throws `server-unavailable` or `server-refused`, also for a page whose order, size or form is not that of the list.
 */
export async function readPage<Place>(
  cell: Cell,
  { list, after, limit, asOf }: CellPageRequest<Place>,
  deadline: AbortSignal,
): Promise<CellPage<Place> | undefined> {
  const query = {
    ...list.query,
    limit: String(limit),
    ...(after !== undefined && { after: list.afterOf(after) }),
    ...(list.takesAsOf && { asOf }),
  };
  const answer = await cell.exchange({ path: list.path, query, limit: 'cellPageBytes' }, deadline);
  if (answer.status === 404 && list.takesAsOf && isNotFound(answer.bytes)) return undefined;
  if (!isSuccess(answer)) throw cell.api.refusalOf(answer);
  const page = cell.api.parse(list.schema, answer);
  const fault = faultOf(page, { list, after, limit });
  if (fault !== undefined)
    throw new ClairError('server-refused', `the list of ${cell.api.name} ${fault}: it is not used`);
  const entries = page.entries.filter(({ at }) => at === undefined || Date.parse(at) <= Date.parse(asOf));
  const { next } = page;
  return { cell: cell.name, entries, ...(next !== undefined && next !== null && { next }) };
}

const errorSchema = z.object({ Error: z.object({ Message: z.string() }) });

/** Whether a response of status 404 is that of the route, and not that of a server without it. */
function isNotFound(bytes: Buffer): boolean {
  try {
    return z.safeParse(errorSchema, JSON.parse(bytes.toString())).success;
  } catch {
    return false;
  }
}

/** Returns what is wrong with a page. Undefined if it can be merged. */
function faultOf<Place>(
  { entries, next }: ListedPage<Place>,
  { list, after, limit }: Pick<CellPageRequest<Place>, 'list' | 'after' | 'limit'>,
): string | undefined {
  if (entries.length > limit) return `has ${entries.length} entries instead of at most ${limit}`;
  let last = after;
  for (const { place } of entries) {
    if (last !== undefined && list.compare(last, place) >= 0) return 'repeats entries or is out of order';
    last = place;
  }
  if (next === undefined) return undefined;
  if (next === null) return 'continues at an unknown place';
  const isBehind = last === undefined || list.compare(last, next) <= 0;
  const isProgress = after === undefined || list.compare(after, next) < 0;
  return isBehind && isProgress ? undefined : 'continues at a place that it has passed';
}
