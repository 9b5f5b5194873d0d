import type { Input, Target } from './target/target.ts';

/** What one execution did. */
export interface Outcome {
  /** Of the CPU: a busy machine makes no input slow. */
  readonly ms: number;
  /** What was thrown, if anything. */
  readonly error: unknown;
}

/** Runs a target on an input. Only a target that gives a promise is waited for: waiting costs more than small inputs do. */
export function execute(target: Target, input: Input): Outcome | Promise<Outcome> {
  const started = process.threadCpuUsage();
  const outcome = (error: unknown): Outcome => {
    const { user, system } = process.threadCpuUsage(started);
    return { ms: (user + system) / 1000, error };
  };
  try {
    return target.run(input)?.then(() => outcome(undefined), outcome) ?? outcome(undefined);
  } catch (error) {
    return outcome(error);
  }
}

/** Runs a target on an input in memory that was tidied up, and tells in bytes how much more the process then holds. */
export async function executeMeasured(
  target: Target,
  input: Input,
): Promise<Outcome & { readonly grownBytes: number }> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const outcome = await execute(target, input);
  return { ...outcome, grownBytes: process.memoryUsage.rss() - before };
}

/** Tells one bug from another: what was thrown, without its numbers, and where in the code under test. */
export function signatureOf(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${String(error)}`;
  const place = /\/(src\/[^)\s]+):\d+:\d+/.exec(error.stack ?? '')?.[1] ?? '';
  return `${error.name}: ${error.message.slice(0, 100).replace(/\d+/g, 'N')}${place === '' ? '' : ` in ${place}`}`;
}
