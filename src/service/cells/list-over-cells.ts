import { limits } from '../../core/limits.ts';
import {
  askCells,
  type Cell,
  type CellAnswers,
  type CellDeadline,
  cellDeadline,
  type MissingCell,
} from './cell.ts';
import type { CellList } from './cell-list.ts';
import { type CellPage, type CellPosition, mergePages } from './merge-pages.ts';
import type { CellPageTokens, ListProgress } from './page-token.ts';
import { type ReachedState, readPage, readReached } from './read-page.ts';

/** A request for a page of a list over all cells. */
export interface CellsPageRequest<Place> {
  readonly list: CellList<Place>;
  readonly limit: number;
  /** Token of the page; the first page without it. */
  readonly token?: string | undefined;
  /** A time in the past, ISO 8601. By default the earliest time that an answering cell has reached. */
  readonly asOf?: string | undefined;
}

/** Dependencies of `listOverCells`. */
export interface CellsDeps {
  readonly cells: readonly Cell[];
  readonly tokens: CellPageTokens;
}

/** A cell that answered. */
export interface AnsweringCell extends ReachedState {
  readonly cell: string;
}

/** A page of a list over all cells. */
export interface CellsPage {
  /** As the cells returned them, each with `cell`. */
  readonly entries: readonly object[];
  /** The time of the answer, ISO 8601. Undefined if no cell answered. */
  readonly asOf: string | undefined;
  readonly answered: readonly AnsweringCell[];
  readonly missing: readonly MissingCell[];
  /** Token of the next page. Undefined if the cells that answered have no more. */
  readonly next: string | undefined;
  /** Token with which only the missing cells are left. Undefined unless cells are missing and there is no next page. */
  readonly resume: string | undefined;
  /** False if every cell answers that it does not know what the list is about. */
  readonly isKnown: boolean;
}

/**
 * Returns a page of a list over all cells, as of a time that each cell has reached that answered. A cell that does not answer in time, or answers
 * what cannot be merged, is missing, and keeps its position in the token. Throws `usage` for an invalid token.
 */
export async function listOverCells<Place>(
  request: CellsPageRequest<Place>,
  { cells, tokens }: CellsDeps,
  deadline: CellDeadline,
): Promise<CellsPage> {
  const { list, token, limit } = request;
  const start = token === undefined ? undefined : tokens.open(token, list);
  const positions = new Map(start?.positions);
  const open = cells.filter(({ name }) => positions.get(name) !== 'end');
  const reached = await timesOf(open, deadline);
  const asOf = start?.asOf ?? request.asOf ?? earliest([...reached.answers.values()]);
  if (asOf === undefined) return emptyPage(reached.missing);
  const late = [...reached.answers].filter(([, { at }]) => Date.parse(at) < Date.parse(asOf));
  const asked = open.filter(({ name }) => reached.answers.has(name) && !late.some(([cell]) => cell === name));
  const read = await askCells(asked, deadline, (cell) =>
    readPage(cell, { list, limit, asOf, after: afterIn(positions.get(cell.name)) }, deadline.signal),
  );
  const pages = [...read.answers.values()].filter((page) => page !== undefined);
  const unknown = [...read.answers].filter(([, page]) => page === undefined).map(([cell]) => cell);
  const merged = mergePages(pages, limit, list.compare);
  for (const [cell, position] of merged.positions) positions.set(cell, position);
  const isKnown = unknown.length < cells.length || start !== undefined;
  const missing = [
    ...reached.missing,
    ...late.map(([cell, { at }]) => ({ cell, reason: `its database has only reached ${at}` })),
    ...read.missing,
    ...unknown.map((cell) => ({ cell, reason: 'its database has no such advisory' })),
  ];
  return {
    entries: merged.entries.map(({ document, cell }) => ({ ...document, cell })),
    asOf,
    missing,
    isKnown,
    answered: answeringCells(pages, reached.answers),
    ...tokensOf({ list, tokens, progress: { asOf, positions }, missing, pages }),
  };
}

/** Returns the times that cells have reached. A slow cell is missing, and leaves the others time for their pages. */
async function timesOf(cells: readonly Cell[], { signal }: CellDeadline): Promise<CellAnswers<ReachedState>> {
  using deadline = cellDeadline(signal, limits.cellReachedMs);
  return await askCells(cells, deadline, (cell) => readReached(cell, deadline.signal));
}

function afterIn<Place>(position: CellPosition<Place> | undefined): Place | undefined {
  return position === undefined || position === 'end' ? undefined : position.after;
}

function earliest(states: readonly ReachedState[]): string | undefined {
  return states.map(({ at }) => at).sort()[0];
}

function emptyPage(missing: readonly MissingCell[]): CellsPage {
  const nothing = { asOf: undefined, next: undefined, resume: undefined };
  return { entries: [], answered: [], missing, isKnown: true, ...nothing };
}

function answeringCells<Place>(
  pages: readonly CellPage<Place>[],
  states: ReadonlyMap<string, ReachedState>,
): AnsweringCell[] {
  return pages.flatMap(({ cell }) => {
    const state = states.get(cell);
    return state === undefined ? [] : [{ cell, ...state }];
  });
}

/** Where the next request begins. */
interface Continuation<Place> {
  readonly list: CellList<Place>;
  readonly tokens: CellPageTokens;
  readonly progress: ListProgress<Place>;
  readonly missing: readonly MissingCell[];
  readonly pages: readonly CellPage<Place>[];
}

function tokensOf<Place>({
  list,
  tokens,
  progress,
  missing,
  pages,
}: Continuation<Place>): Pick<CellsPage, 'next' | 'resume'> {
  const hasMore = pages.some(({ cell }) => progress.positions.get(cell) !== 'end');
  if (!hasMore && missing.length === 0) return { next: undefined, resume: undefined };
  const token = tokens.seal(list, progress);
  return hasMore ? { next: token, resume: undefined } : { next: undefined, resume: token };
}
