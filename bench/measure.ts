import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Cost of one run of a command with its child processes. */
export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Peak memory of the largest process in megabytes. */
  readonly peakMb: number;
}

/** A command line to measure. `before` runs untimed before every run. */
export interface Contender {
  readonly name: string;
  readonly command: string;
  readonly before?: () => void;
}

const scratch = mkdtempSync(join(tmpdir(), 'clair-bench-'));
process.on('exit', () => {
  rmSync(scratch, { recursive: true, force: true });
});

/**
 * Runs the contenders alternately, so that other load affects all equally. Returns the median of each figure, or the minimum, which other
 * load changes less.
 */
export function measure(
  contenders: readonly Contender[],
  rounds: number,
  choose: 'median' | 'minimum' = 'median',
): ReadonlyMap<string, Cost> {
  const costs = new Map<string, Cost[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const contender of contenders) {
      contender.before?.();
      const cost = runOnce(contender);
      if (round > 0) costs.get(contender.name)?.push(cost); // the first round warms the page cache
    }
  }
  const part = choose === 'median' ? 0.5 : 0;
  return new Map([...costs].map(([name, all]) => [name, chosenCost(all, part)]));
}

/** Prints CPU to the millisecond, and the memory of GNU time to a file. */
const timed = `TIMEFORMAT='%3U %3S'; time /usr/bin/time -o "$1" -f %M sh -c "exec $2"`;

/** Measures wall time itself, to 0.1 ms. CPU comes from bash, and memory from GNU time. */
function runOnce({ name, command }: Contender): Cost {
  const memory = join(scratch, 'memory');
  const start = performance.now();
  const { status, stderr } = spawnSync('bash', ['-c', timed, 'bash', memory, command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  const wallMs = performance.now() - start;
  // A scan without advisories exits with 4.
  if (status !== 0 && status !== 4)
    throw new Error(`${name} exited with status ${status}: ${stderr.slice(-2000)}`);
  const [user = 0, system = 0] = stderr.trim().split(/\s+/).slice(-2).map(Number);
  const [kilobytes = 0] = readFileSync(memory, 'utf8').trim().split(/\s+/).slice(-1).map(Number);
  return { wallMs, cpuMs: (user + system) * 1000, peakMb: kilobytes / 1024 };
}

/** Returns the value of each figure before which this part of the sorted values is. */
function chosenCost(costs: readonly Cost[], part: number): Cost {
  const choose = (figure: (cost: Cost) => number): number => {
    const sorted = costs.map(figure).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
  };
  return {
    wallMs: choose(({ wallMs }) => wallMs),
    cpuMs: choose(({ cpuMs }) => cpuMs),
    peakMb: choose(({ peakMb }) => peakMb),
  };
}

/** Returns the figures as a Markdown table under a title. */
export function table(title: string, costs: ReadonlyMap<string, Cost>): string {
  return `### ${title}\n\n${figures(costs)}`;
}

/** Returns the figures as a Markdown table, with the ratio to the first one if all do the same work. */
export function figures(costs: ReadonlyMap<string, Cost>, doTheSame: boolean = true): string {
  const [reference] = costs.values();
  const rows = [...costs].map(([name, { wallMs, cpuMs, peakMb }]) => {
    const ratio = wallMs / (reference?.wallMs ?? wallMs);
    return [name, ...[wallMs, cpuMs, peakMb].map((figure) => figure.toFixed(0)), ratio.toFixed(2)];
  });
  const head = ['', 'wall ms', 'CPU ms', 'peak MB', 'wall ratio'];
  const columns = doTheSame ? head.length : head.length - 1;
  const line = (cells: readonly string[]): string => `| ${cells.slice(0, columns).join(' | ')} |`;
  const rule = `|---|${'---:|'.repeat(columns - 1)}`;
  return [line(head), rule, ...rows.map(line), ''].join('\n');
}
