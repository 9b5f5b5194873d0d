/**
 * The failures of layers that are read beside each other. The lowest layer that fails decides, whichever was read first: the same image
 * fails in the same way each time. Layers above it are given up at once, those below are read to their end.
 */
export class LowestFailure {
  readonly #readings: readonly AbortController[];
  #lowest: { readonly place: number; readonly error: unknown } | undefined;

  constructor(layers: number) {
    this.#readings = Array.from({ length: layers }, () => new AbortController());
  }

  /** Aborted when a layer below a place has failed. */
  signalOf(place: number): AbortSignal {
    const reading = this.#readings[place];
    if (reading === undefined) throw new Error(`there is no layer ${place}`);
    return reading.signal;
  }

  note(place: number, error: unknown): void {
    if (this.#lowest !== undefined && this.#lowest.place <= place) return;
    this.#lowest = { place, error };
    for (const reading of this.#readings.slice(place + 1)) reading.abort(error);
  }

  /** Throws the error of the lowest layer that failed. */
  throwAny(): void {
    if (this.#lowest !== undefined) throw this.#lowest.error;
  }
}
