import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Target } from './attack.ts';

/** Response times of other clients in ms. Failed requests are in both lists. */
export interface Probed {
  readonly tookMs: readonly number[];
  /** Delay of each request in ms, which is due to the machine and not to the server. */
  readonly lateMs: readonly number[];
  readonly failures: readonly string[];
}

/** Starts the process of other clients. Stopping it returns the results. */
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

/** Returns the time within which a share of all responses arrived. */
export function quantile(tookMs: readonly number[], share: number): number {
  const sorted = tookMs.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.ceil(sorted.length * share), sorted.length) - 1] ?? 0;
}
