import { type Profiler, Session } from 'node:inspector';

const measured = /\/src\/(?:kit|analyze|image)\//;

/**
 * Which blocks of the code under test were run, and roughly how often each. Only code that is loaded after the start is
 * measured. Everything runs some seven times slower with it.
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

  /** Blocks that were run at least once. */
  get blocks(): number {
    return this.#blocks.size;
  }

  /** Whether something ran since the last call that had not, or not by far as often; it is taken as known from now on. */
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

  /** Whether `hasNew` would say so; nothing is taken as known. */
  mayHaveNew(): boolean {
    let isNew = false;
    for (const [block, times] of this.#taken()) isNew ||= !this.#seen.has(block * 8 + times);
    return isNew;
  }

  /** Forgets what ran since the last call. */
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

/** Once, twice, up to 4, 8 … times: a loop that runs longer is news only when it runs much longer. */
function bucket(count: number): number {
  return Math.min(31 - Math.clz32(count), 7);
}
