import type { Input, Target } from './target/target.ts';

/** The result of one execution. */
export interface Outcome {
  /** CPU time, which does not depend on the load of the machine. */
  readonly ms: number;
  /** The thrown value, if any. */
  readonly error: unknown;
}

/** Runs a target on an input. Awaits only promises, since awaiting takes longer than a small input. */
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

/** Runs a target on an input after a garbage collection. Measures by how many bytes the memory of the process grows. */
export async function executeMeasured(
  target: Target,
  input: Input,
): Promise<Outcome & { readonly grownBytes: number }> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const outcome = await execute(target, input);
  return { ...outcome, grownBytes: process.memoryUsage.rss() - before };
}

/** Returns the signature of a bug: the message without its numbers, and the location in the code under test. */
export function signatureOf(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${String(error)}`;
  const place = /\/(src\/[^)\s]+):\d+:\d+/.exec(error.stack ?? '')?.[1] ?? '';
  return `${error.name}: ${error.message.slice(0, 100).replace(/\d+/g, 'N')}${place === '' ? '' : ` in ${place}`}`;
}
