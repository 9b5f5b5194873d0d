import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { raceAbort } from '../../kit/async/abort.ts';
import { Semaphore } from '../../kit/async/semaphore.ts';
import { type ServerAddress, type ServerAnswer, ServerApi, type ServerRequest } from './server-api.ts';

/** Name and address of a cell: one complete installation. */
export interface CellAddress extends ServerAddress {
  readonly name: string;
}

/** A cell that did not answer, and why. */
export interface MissingCell {
  readonly cell: string;
  readonly reason: string;
}

/** The answers of cells by their names, and the cells without one. */
export interface CellAnswers<T> {
  readonly answers: ReadonlyMap<string, T>;
  readonly missing: readonly MissingCell[];
}

/** A cell to which requests are sent, a limited number at a time. */
export class Cell {
  readonly name: string;
  readonly api: ServerApi;
  readonly #turns = new Semaphore(limits.cellRequestsAtOnce);

  constructor({ name, ...address }: CellAddress) {
    this.name = name;
    this.api = new ServerApi(address, (status) =>
      status === 401 || status === 403 ? `the cell refuses the token of cells.${name}` : '',
    );
  }

  /** Sends a request once, and returns the response whatever its status. Throws the errors of `ServerApi.exchange`. */
  async exchange(request: Omit<ServerRequest, 'signal'>, deadline: AbortSignal): Promise<ServerAnswer> {
    return await this.#turns.run(async () => {
      deadline.throwIfAborted();
      return await this.api.exchange({ ...request, signal: deadline });
    });
  }
}

/** The reason for which a request to cells is given up. */
class CellTimeout extends ClairError {
  constructor(ms: number) {
    super('server-unavailable', `no answer within ${ms / 1000} s`);
  }
}

/** Time limits of one request to cells. */
export interface CellDeadline extends Disposable {
  readonly signal: AbortSignal;
}

/** Returns the time limit of the requests to cells that answer one request of a client. It also ends when the client disconnects. */
export function cellDeadline(client: AbortSignal, ms: number = limits.cellAnswerMs): CellDeadline {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new CellTimeout(ms));
  }, ms);
  return {
    signal: AbortSignal.any([client, controller.signal]),
    [Symbol.dispose]: () => {
      clearTimeout(timer);
    },
  };
}

/**
 * Asks cells at the same time. A cell that fails, refuses or does not answer before the deadline is missing. Throws the reason of the signal if
 * the client disconnects, and errors that are no `ClairError`.
 */
export async function askCells<T>(
  cells: readonly Cell[],
  { signal }: CellDeadline,
  ask: (cell: Cell) => Promise<T>,
): Promise<CellAnswers<T>> {
  const answers = new Map<string, T>();
  const missing: MissingCell[] = [];
  await Promise.all(
    cells.map(async (cell) => {
      try {
        answers.set(cell.name, await raceAbort(ask(cell), signal));
      } catch (error) {
        missing.push({ cell: cell.name, reason: reasonOf(error) });
      }
    }),
  );
  return { answers, missing: cells.flatMap(({ name }) => missing.filter(({ cell }) => cell === name)) };
}

function reasonOf(error: unknown): string {
  if (error instanceof ClairError) return error.message;
  throw error;
}
