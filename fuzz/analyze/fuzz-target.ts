import { writeArtifact } from './artifact.ts';
import { type Fault, type Figures, grownBytesMax, slowMs, type WorkerMessage } from './protocol.ts';
import { runWorker } from './run-worker.ts';
import type { Input, Target } from './target/target.ts';

/** Options of a fuzzing run. */
export interface Plan {
  readonly seconds: number;
  readonly seed: number;
  readonly isGuided: boolean;
  readonly artifacts: string;
}

/** Result of fuzzing one target. */
export interface FuzzResult {
  readonly figures: Figures;
  readonly found: readonly Finding[];
}

/** A fault that was reproduced in a separate process. */
export interface Finding {
  readonly fault: Fault;
  readonly what: string;
  readonly stack: string;
  /** Path of the file with the input. */
  readonly path: string;
}

/** Number of faults per kind that are reproduced; each takes seconds. */
const confirmedMax = 4;
const suspectsMax = 12;

/** Fuzzes a target. Starts another process if one hangs or dies, until the time is up. */
export async function fuzzTarget(target: Target, plan: Plan): Promise<FuzzResult> {
  const end = Date.now() + plan.seconds * 1000;
  const totals: Figures[] = [];
  const suspects: Extract<WorkerMessage, { kind: 'suspect' }>[] = [];
  for (let round = 0; ; round++) {
    const seconds = (end - Date.now()) / 1000;
    if (seconds < 1 || round > suspectsMax) break;
    let figures: Figures = { executions: 0, seconds: 0, corpus: 0, blocks: 0 };
    const order = { target: target.name, seconds, seed: plan.seed + round * 1000, isGuided: plan.isGuided };
    const { ending, input } = await runWorker(order, (message) => {
      if (message.kind === 'figures') figures = message.figures;
      else if (message.kind === 'suspect') suspects.push(message);
    });
    totals.push(figures);
    if (ending === 'done') break;
    const what = ending === 'hung' ? 'the process hung' : 'the process died';
    if (input !== undefined)
      suspects.push({ kind: 'suspect', fault: ending === 'hung' ? 'slow' : 'crash', what, stack: '', input });
  }
  return { figures: sum(totals), found: await confirm(target, suspects, plan.artifacts) };
}

async function confirm(
  target: Target,
  suspects: readonly Extract<WorkerMessage, { kind: 'suspect' }>[],
  artifacts: string,
): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const fault of ['crash', 'slow', 'memory'] as const) {
    const seen = new Set<string>();
    const ofKind = suspects
      .filter((suspect) => suspect.fault === fault)
      .slice(0, fault === 'crash' ? 100 : suspectsMax);
    // A crash is reported again after its input was minimized.
    for (const { what, stack, input } of ofKind.toReversed()) {
      if (seen.has(what) || (fault !== 'crash' && seen.size >= confirmedMax)) continue;
      const seenAgain = await probe(target, input);
      if (!isFault(fault, seenAgain)) continue;
      seen.add(what);
      found.push({
        fault,
        what: `${what}${describe(fault, seenAgain)}`,
        stack,
        path: writeArtifact(artifacts, target, fault, input),
      });
    }
  }
  return found;
}

/** The result of an input in a fresh process, without coverage. */
export interface Probed {
  readonly ending: 'done' | 'died' | 'hung';
  readonly ms: number;
  readonly grownBytes: number;
  readonly error: string | undefined;
}

/** Runs one input in a fresh process. */
export async function probe(target: Target, input: Input): Promise<Probed> {
  let result = { ms: Number.POSITIVE_INFINITY, grownBytes: 0, error: undefined as string | undefined };
  const { ending } = await runWorker(
    { target: target.name, seconds: 0, seed: 0, isGuided: false, probe: input },
    (message) => {
      if (message.kind === 'probed') result = message;
    },
  );
  return { ...result, ending };
}

/** Whether an input caused its fault in a fresh process. */
export function isFault(fault: Fault, { ending, ms, grownBytes, error }: Probed): boolean {
  if (ending === 'died') return true;
  if (fault === 'crash') return error !== undefined;
  return fault === 'slow' ? ms > slowMs : grownBytes > grownBytesMax;
}

function describe(fault: Fault, { ms, grownBytes }: Probed): string {
  if (fault === 'crash') return '';
  return fault === 'slow'
    ? `, ${Math.round(ms)} ms without coverage`
    : `, ${grownBytes >> 20} MiB in a fresh process`;
}

function sum(rounds: readonly Figures[]): Figures {
  return {
    executions: rounds.reduce((total, { executions }) => total + executions, 0),
    seconds: rounds.reduce((total, { seconds }) => total + seconds, 0),
    corpus: Math.max(0, ...rounds.map(({ corpus }) => corpus)),
    blocks: Math.max(0, ...rounds.map(({ blocks }) => blocks)),
  };
}
