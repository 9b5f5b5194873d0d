import { type Profiler, Session } from 'node:inspector';

const measured = /\/src\/(?:kit|analyze|image)\//;

/**
 * Block coverage of the code under test, with rough counts. Covers only code that is loaded after the start. Makes everything about seven
 * times slower.
 */
export class Coverage {
  readonly #session = new Session();
  readonly #scripts = new Map<string, number>();
  readonly #seen = new Set<number>();
  readonly #blocks = new Set<number>();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Number of blocks that ran at least once. */
  get blocks(): number {
    return this.#blocks.size;
  }

  /** Whether a block ran for the first time, or much more often, since the last call. Marks the new coverage as known. */
  hasNew(): boolean {
    let isNew = false;
    for (const [block, times] of this.#taken()) {
      const feature = block * 8 + times;
      if (this.#seen.has(feature)) continue;
      this.#seen.add(feature);
      this.#blocks.add(block);
      isNew = true;
    }
    return isNew;
  }

  /** Whether `hasNew` would return true. Marks nothing as known. */
  mayHaveNew(): boolean {
    let isNew = false;
    for (const [block, times] of this.#taken()) isNew ||= !this.#seen.has(block * 8 + times);
    return isNew;
  }

  /** Discards the coverage since the last call. */
  skip(): void {
    this.#session.post('Profiler.takePreciseCoverage');
  }

  *#taken(): Generator<readonly [block: number, times: number]> {
    for (const { url, functions } of this.#take()) {
      if (!measured.test(url)) continue;
      const script = this.#numberOf(url);
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count > 0) yield [(script * 2 ** 16 + startOffset) * 2 ** 16 + endOffset, bucket(count)];
        }
      }
    }
  }

  #take(): readonly Profiler.ScriptCoverage[] {
    let result: readonly Profiler.ScriptCoverage[] = [];
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error === null) result = taken.result;
    });
    return result;
  }

  #numberOf(url: string): number {
    const number = this.#scripts.get(url) ?? this.#scripts.size;
    this.#scripts.set(url, number);
    return number;
  }
}

/** Rounds a count to 1, 2, 4, 8 …, so that a loop counts as new only if it runs much longer. */
function bucket(count: number): number {
  return Math.min(31 - Math.clz32(count), 7);
}
