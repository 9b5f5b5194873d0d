/** Wakes who waits, when something happened that they wait for. */
export class Bell {
  #rung = Promise.withResolvers<undefined>();

  /** Wakes all who wait now. */
  ring(): void {
    this.#rung.resolve(undefined);
    this.#rung = Promise.withResolvers();
  }

  /** Comes back when it rings the next time. */
  async heard(): Promise<void> {
    await this.#rung.promise;
  }
}
