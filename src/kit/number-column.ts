const chunkShift = 14;
const chunkLength = 1 << chunkShift;

/** A growing list of numbers outside the heap, which grows without copying. Missing elements are `unset`. */
export class Column {
  readonly #chunks: (Int32Array | Float64Array)[] = [];
  readonly #type: typeof Int32Array | typeof Float64Array;
  readonly #unset: number;

  constructor(type: typeof Int32Array | typeof Float64Array, unset: number) {
    this.#type = type;
    this.#unset = unset;
  }

  get(index: number): number {
    return this.#chunks[index >> chunkShift]?.[index & (chunkLength - 1)] ?? this.#unset;
  }

  put(index: number, value: number): void {
    while (this.#chunks.length <= index >> chunkShift) {
      this.#chunks.push(new this.#type(chunkLength).fill(this.#unset));
    }
    const chunk = this.#chunks[index >> chunkShift];
    if (chunk) chunk[index & (chunkLength - 1)] = value;
  }
}
