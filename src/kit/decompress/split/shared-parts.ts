import type { SplitPlan } from './split-plan.ts';

/** Bytes of a file. */
export interface StoredRange {
  readonly path: string;
  readonly offset: number;
  readonly size: number;
}

/** The memory that both threads share. */
export interface SharedMemory {
  readonly states: SharedArrayBuffer;
  readonly positions: SharedArrayBuffer;
  readonly ring: SharedArrayBuffer;
}

/** States of a part, in the order in which it passes through them. */
export const partStates = {
  free: 0,
  /** The first thread inflates it. */
  notSplit: 1,
  /** The second thread has begun. */
  claimed: 2,
  /** The bit of its start is set. */
  started: 3,
  /** The window is known: what it inflates from `knownAt` on goes into the ring. */
  known: 4,
  /** All of it is in the ring. Its end is set. */
  done: 5,
  /** The second thread could not inflate all of it. The ring has its beginning. */
  cut: 6,
  /** The second thread cannot inflate it. Nothing of it is in the ring. */
  failed: 7,
} as const;

/** A state of a part. */
export type PartState = (typeof partStates)[keyof typeof partStates];

/** Words before the states of the parts. */
const filled = 0;
const stopped = 1;
const headWords = 2;

/** Positions of a part: its start, `knownAt`, its end, whether the stream ends there, its bytes in the ring, and the inflated bytes at each position of the grid. */
const fields = { startBit: 0, knownAt: 1, end: 2, isStreamEnd: 3, written: 4, marks: 5 } as const;

/**
 * State and content that two threads share: for each part its state and positions, and a ring with what the second thread has inflated.
 * Positions are written before the state that says that they are set, which `Atomics` makes visible in this order.
 */
export class SharedParts {
  readonly memory: SharedMemory;
  /** Number of parts. Every other one may be split off. */
  readonly count: number;
  readonly #states: Int32Array;
  readonly #positions: Float64Array;
  readonly #ring: Buffer;
  readonly #fieldsPerPart: number;
  readonly #plan: SplitPlan;
  #at = 0;

  constructor(size: number, plan: SplitPlan, memory?: SharedMemory) {
    this.#plan = plan;
    this.count = Math.ceil(size / plan.partBytes);
    // A part begins up to `searchBytes` after its nominal start, and so ends.
    const marks = Math.ceil((plan.partBytes + plan.searchBytes) / plan.gridBytes) + 1;
    this.#fieldsPerPart = fields.marks + marks;
    this.memory = memory ?? {
      states: new SharedArrayBuffer((headWords + this.count) * Int32Array.BYTES_PER_ELEMENT),
      positions: new SharedArrayBuffer(this.count * this.#fieldsPerPart * Float64Array.BYTES_PER_ELEMENT),
      ring: new SharedArrayBuffer(plan.aheadBytes),
    };
    this.#states = new Int32Array(this.memory.states);
    this.#positions = new Float64Array(this.memory.positions);
    this.#ring = Buffer.from(this.memory.ring);
  }

  /** Sets the state of a part that no thread has. Returns false if one has. */
  claim(part: number, state: PartState): boolean {
    const { free } = partStates;
    return Atomics.compareExchange(this.#states, headWords + part, free, state) === free;
  }

  setState(part: number, state: PartState): void {
    Atomics.store(this.#states, headWords + part, state);
    Atomics.notify(this.#states, headWords + part);
    // A reader of the ring learns of the end of a part here.
    Atomics.notify(this.#states, filled);
  }

  stateOf(part: number): number {
    return Atomics.load(this.#states, headWords + part);
  }

  /** Waits until a part has reached a state or a later one. Returns its state, which is an earlier one if that does not change within `ms`: the second thread has ended. */
  waitFor(part: number, state: PartState, ms: number = silentMs): number {
    for (let now = this.stateOf(part); ; now = this.stateOf(part)) {
      if (now >= state) return now;
      if (Atomics.wait(this.#states, headWords + part, now, ms) === 'timed-out') return this.stateOf(part);
    }
  }

  setPosition(part: number, field: Exclude<keyof typeof fields, 'marks'>, value: number): void {
    this.#positions[part * this.#fieldsPerPart + fields[field]] = value;
  }

  positionOf(part: number, field: Exclude<keyof typeof fields, 'marks'>): number {
    return this.#positions[part * this.#fieldsPerPart + fields[field]] ?? 0;
  }

  /** Notes how many bytes of a part are inflated at a stored position of the grid. */
  setMark(part: number, position: number, inflated: number): void {
    const { partBytes, gridBytes } = this.#plan;
    const number = (position - part * partBytes) / gridBytes;
    // 0 stands for no mark.
    this.#positions[part * this.#fieldsPerPart + fields.marks + number] = inflated + 1;
  }

  /** Returns the inflated bytes at a position of the grid, counted from the nominal start of the part. Undefined if none were noted. */
  inflatedAt(part: number, number: number): number | undefined {
    const noted = this.#positions[part * this.#fieldsPerPart + fields.marks + number] ?? 0;
    return noted === 0 ? undefined : noted - 1;
  }

  /** Ends the work of the second thread. */
  stop(): void {
    Atomics.store(this.#states, stopped, 1);
    Atomics.notify(this.#states, filled);
  }

  get isStopped(): boolean {
    return Atomics.load(this.#states, stopped) === 1;
  }

  /** Whether the second thread waits for the first one. */
  get isFull(): boolean {
    return Atomics.load(this.#states, filled) === this.#ring.length;
  }

  /** Second thread: writes bytes into the ring, and waits while it is full. Returns false if the work was stopped. */
  write(bytes: Buffer): boolean {
    for (let from = 0; from < bytes.length; ) {
      const free = this.#waitForFree();
      if (free === 0) return false;
      const count = Math.min(free, bytes.length - from, this.#ring.length - this.#at);
      bytes.copy(this.#ring, this.#at, from, from + count);
      from += count;
      this.#advance(count, count);
    }
    return true;
  }

  /**
   * First thread: returns bytes of a part in the ring, at most `max`, that stay valid until `release`. Waits for them. `taken` is the number
   * of those released before. Empty at the end of what the ring has of the part, or if the second thread has ended.
   */
  read(part: number, taken: number, max: number): Buffer {
    const deadline = performance.now() + silentMs;
    for (;;) {
      // Read before the state: while the part is not over, they are all of this part.
      const available = Atomics.load(this.#states, filled);
      const isOver = this.stateOf(part) >= partStates.done;
      const left = isOver ? this.positionOf(part, 'written') - taken : available;
      const count = Math.min(available, left, max, this.#ring.length - this.#at);
      if (count > 0 || (isOver && left === 0) || performance.now() > deadline)
        return this.#ring.subarray(this.#at, this.#at + count);
      if (available === 0) Atomics.wait(this.#states, filled, 0, ringPollMs);
    }
  }

  /** First thread: frees the bytes that `read` returned. */
  release(count: number): void {
    this.#advance(count, -count);
  }

  #waitForFree(): number {
    for (;;) {
      if (this.isStopped) return 0;
      const used = Atomics.load(this.#states, filled);
      if (used < this.#ring.length) return this.#ring.length - used;
      Atomics.wait(this.#states, filled, used, ringPollMs);
    }
  }

  #advance(count: number, change: number): void {
    this.#at = (this.#at + count) % this.#ring.length;
    Atomics.add(this.#states, filled, change);
    Atomics.notify(this.#states, filled);
  }
}

/** Time after which a second thread that did nothing has ended, in milliseconds. It finds the start of a part in less than a second. */
const silentMs = 30_000;

/** A thread looks again after this time, in milliseconds: a message about the state of a part does not change the word that it waits for. */
const ringPollMs = 5;
