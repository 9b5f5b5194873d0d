/**
 * Failures of layers that are read concurrently. The lowest failed layer determines the error, so that the same image always fails in the
 * same way. Its failure aborts the layers above it at once; those below are read to their end.
 */
export class LowestFailure {
  readonly #controllers: readonly AbortController[];
  #lowest: { readonly position: number; readonly error: unknown } | undefined;

  constructor(layers: number) {
    this.#controllers = Array.from({ length: layers }, () => new AbortController());
  }

  /** Returns a signal that aborts when a layer below `position` fails. */
  signalOf(position: number): AbortSignal {
    const controller = this.#controllers[position];
    if (controller === undefined) throw new Error(`there is no layer ${position}`);
    return controller.signal;
  }

  record(position: number, error: unknown): void {
    if (this.#lowest !== undefined && this.#lowest.position <= position) return;
    this.#lowest = { position, error };
    for (const controller of this.#controllers.slice(position + 1)) controller.abort(error);
  }

  /** Throws the error of the lowest layer that failed. */
  throwIfAny(): void {
    if (this.#lowest !== undefined) throw this.#lowest.error;
  }
}
