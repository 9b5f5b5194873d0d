import * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { type FernetKey, openFernet, sealFernet } from '../../kit/fernet.ts';
import type { CellList } from './cell-list.ts';
import type { CellPosition } from './merge-pages.ts';

/** How far a list over cells was read. */
export interface ListProgress<Place> {
  /** The time of the answer, which all pages share, ISO 8601. */
  readonly asOf: string;
  /** Positions by the names of the cells. A cell of which nothing was read is absent. */
  readonly positions: ReadonlyMap<string, CellPosition<Place>>;
}

const tokenSchema = z.object({
  list: z.string(),
  asOf: z.iso.datetime(),
  /** By the name of the cell: the place behind which to continue, or null at its end. */
  cells: z.record(z.string(), z.nullable(z.string())),
});

/** Seals and opens tokens of pages over cells, which clients can neither read nor forge. */
export class CellPageTokens {
  readonly #key: FernetKey;
  readonly #now: () => Date;

  constructor(key: FernetKey, now: () => Date) {
    this.#key = key;
    this.#now = now;
  }

  /** Returns the token of the page that follows. It is valid for this list and its parameters only. */
  seal<Place>(list: CellList<Place>, { asOf, positions }: ListProgress<Place>): string {
    const cells = Object.fromEntries(
      Array.from(positions, ([cell, position]) => [
        cell,
        position === 'end' ? null : list.writePlace(position.after),
      ]),
    );
    return sealFernet(JSON.stringify({ list: nameOf(list), asOf, cells }), this.#key, this.#now());
  }

  /** Returns the progress in a token. Throws `usage` for a token that is forged, too old, or of another list. */
  open<Place>(token: string, list: CellList<Place>): ListProgress<Place> {
    const bytes = openFernet(token, this.#key, {
      now: this.#now(),
      ageMaxMs: limits.cellPageTokenMs,
    });
    const { success, data } = z.safeParse(tokenSchema, jsonIn(bytes));
    if (!success || data.list !== nameOf(list)) throw invalidToken();
    const positions = new Map<string, CellPosition<Place>>();
    for (const [cell, text] of Object.entries(data.cells)) {
      const after = text === null ? undefined : list.readPlace(text);
      if (text !== null && after === undefined) throw invalidToken();
      positions.set(cell, after === undefined ? 'end' : { after });
    }
    return { asOf: data.asOf, positions };
  }
}

/** Returns the list with its parameters as text. */
function nameOf<Place>({ path, query }: CellList<Place>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return JSON.stringify([path, given.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

function jsonIn(bytes: Buffer | undefined): unknown {
  return bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as unknown);
}

function invalidToken(): ClairError {
  return new ClairError('usage', 'the page token is not valid for this list: start with the first page');
}
