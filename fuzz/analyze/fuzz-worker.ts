/** Process that fuzzes one target. It may hang or die; the parent process handles that. */
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Coverage } from './coverage.ts';
import { executeMeasured } from './execute.ts';
import { Fuzzer } from './fuzzer.ts';
import type { WorkerMessage, WorkerTask } from './protocol.ts';

// Without its parent, the process has no receiver for its results.
process.once('disconnect', () => process.exit());

const [order] = (await once(process, 'message')) as [WorkerTask];
// Coverage includes only code that is loaded from here on.
const coverage = order.isGuided && order.probe === undefined ? new Coverage() : undefined;
const { targets } = await import('./targets.ts');
const target = targets.find(({ name }) => name === order.target);
if (target === undefined) throw new Error(`no target ${order.target}`);
send({ kind: 'ready' });
if (order.probe === undefined) await new Fuzzer(target, order, coverage, send).run();
else {
  let unhandled: unknown;
  process.on('unhandledRejection', (reason) => {
    unhandled = reason;
  });
  const { ms, error, grownBytes } = await executeMeasured(target, order.probe);
  await setImmediate();
  const fault = error ?? unhandled;
  send({ kind: 'probed', ms, grownBytes, error: fault === undefined ? undefined : textOf(fault) });
}
send({ kind: 'done' });
process.disconnect();

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : inspect(error);
}

function send(message: WorkerMessage): void {
  process.send?.(message);
}
