import type { Input } from './target/target.ts';

/** What a process that fuzzes is told to do. */
export interface WorkerTask {
  readonly target: string;
  /** Fuzz for so long. */
  readonly seconds: number;
  readonly seed: number;
  /** Whether inputs are kept that run something new. */
  readonly isGuided: boolean;
  /** The input being run is written to this file, so that it is not lost with the process. */
  readonly inputFile: string;
  /** Run this input alone, and measure it. */
  readonly probe?: Input;
}

/** Figures of a process that fuzzes. */
export interface Figures {
  readonly executions: number;
  readonly seconds: number;
  readonly corpus: number;
  readonly blocks: number;
}

/** What an input did that it must not: threw, ran on, took memory, or ended the process. */
export type Fault = 'crash' | 'slow' | 'memory';

/** What a process that fuzzes tells. */
export type WorkerMessage =
  /** The code is loaded. */
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

/** An execution over this time is too slow for the largest input. */
export const slowMs = 1000;
/** Memory one execution may take. */
export const grownBytesMax: number = 64 * 1024 * 1024;
