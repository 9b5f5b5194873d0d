/** `AsyncDisposableStack` as far as it is used here: Node 22 has `await using` by the compiler, and not that class. */
export class Disposal implements AsyncDisposable {
  #disposers: (() => PromiseLike<void> | void)[] = [];

  /** Disposes of `value` later. */
  use<T extends AsyncDisposable>(value: T): T {
    this.defer(() => value[Symbol.asyncDispose]());
    return value;
  }

  /** Calls `dispose` later. */
  defer(dispose: () => PromiseLike<void> | void): void {
    this.#disposers.push(dispose);
  }

  /** Hands everything over to another one. */
  move(): Disposal {
    const moved = new Disposal();
    moved.#disposers = this.#disposers.splice(0);
    return moved;
  }

  /** Disposes of everything in the reverse order, also when one of them fails. Throws the first failure. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const dispose of this.#disposers.splice(0).reverse()) {
      try {
        await dispose();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
