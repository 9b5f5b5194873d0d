import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Target } from './attack.ts';

/** Answers that other clients had, each with its time; those that failed are counted in both. */
export interface Probed {
  readonly tookMs: readonly number[];
  /** How late each request was made: what the machine had no time for, whatever the server did. */
  readonly lateMs: readonly number[];
  readonly failures: readonly string[];
}

/** Starts the process of other clients; they are asked for their figures when it is stopped. */
export function startProbing(target: Target): { stop(): Promise<Probed> } {
  const program = new URL('prober.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, JSON.stringify(target)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const printed = text(child.stdout);
  return {
    async stop() {
      child.stdin.end();
      return JSON.parse(await printed) as Probed;
    },
  };
}

/** The time within which a share of all answers came. */
export function quantile(tookMs: readonly number[], share: number): number {
  const sorted = tookMs.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.ceil(sorted.length * share), sorted.length) - 1] ?? 0;
}
