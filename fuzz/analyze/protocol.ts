import type { Input } from './target/target.ts';

/** The task of a fuzzing process. */
export interface WorkerTask {
  readonly target: string;
  /** Duration of fuzzing in seconds. */
  readonly seconds: number;
  readonly seed: number;
  /** Whether to keep inputs with new coverage. */
  readonly isGuided: boolean;
  /** File with the current input, so that it survives the death of the process. */
  readonly inputFile: string;
  /** If set, the process only runs and measures this input. */
  readonly probe?: Input;
}

/** Statistics of a fuzzing process. */
export interface Figures {
  readonly executions: number;
  readonly seconds: number;
  readonly corpus: number;
  readonly blocks: number;
}

/** Kinds of faults: an exception or the death of the process, too much time, or too much memory. */
export type Fault = 'crash' | 'slow' | 'memory';

/** Messages of a fuzzing process. */
export type WorkerMessage =
  /** All code is loaded. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'figures'; readonly figures: Figures }
  | {
      readonly kind: 'suspect';
      readonly fault: Fault;
      readonly what: string;
      readonly stack: string;
      readonly input: Input;
    }
  | {
      readonly kind: 'probed';
      readonly ms: number;
      readonly grownBytes: number;
      readonly error: string | undefined;
    }
  | { readonly kind: 'done' };

/** Maximum milliseconds of an execution, even for the largest input. */
export const slowMs = 1000;
/** Maximum memory growth of an execution in bytes. */
export const grownBytesMax: number = 64 * 1024 * 1024;
