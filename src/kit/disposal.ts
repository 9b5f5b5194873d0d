/** The used part of `AsyncDisposableStack`. Node 22 has `await using` through the compiler, but not this class. */
export class Disposal implements AsyncDisposable {
  #disposers: (() => PromiseLike<void> | void)[] = [];

  /** Registers `value` for disposal and returns it. */
  use<T extends AsyncDisposable>(value: T): T {
    this.defer(() => value[Symbol.asyncDispose]());
    return value;
  }

  /** Registers a function to call on disposal. */
  defer(dispose: () => PromiseLike<void> | void): void {
    this.#disposers.push(dispose);
  }

  /** Moves everything to a new instance. */
  move(): Disposal {
    const moved = new Disposal();
    moved.#disposers = this.#disposers.splice(0);
    return moved;
  }

  /** Disposes of everything in reverse order, even if one of them fails. Throws the first failure. */
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
