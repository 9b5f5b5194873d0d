import { fork } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { setInterval } from 'node:timers';
import { deserialize } from 'node:v8';
import type { WorkerMessage, WorkerTask } from './protocol.ts';
import { scratchFile } from './scratch.ts';
import type { Input } from './target/target.ts';

/** How a fuzzing process ended: normally, by a crash, or killed because an input took too long. */
export type Ending = 'done' | 'died' | 'hung';

/** Milliseconds without a message after which a process counts as hung. Coverage and a busy machine slow everything down. */
const hangMs = 15_000;
/** Maximum milliseconds for loading the code on a busy machine. */
const startMs = 120_000;
const lookMs = 500;
const workerScript = new URL('./fuzz-worker.ts', import.meta.url);

/** Runs a task in a new process. Returns the current input if the process did not end normally. */
export async function runWorker(
  task: Omit<WorkerTask, 'inputFile'>,
  onMessage: (message: WorkerMessage) => void,
): Promise<{ ending: Ending; input?: Input }> {
  const inputFile = scratchFile(`${task.target}-input`);
  const child = fork(workerScript, {
    execArgv: ['--expose-gc', '--max-old-space-size=1024'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const watched = { ending: 'died' as Ending, last: Date.now(), isReady: false };
  const handleMessage = (message: WorkerMessage): void => {
    watched.last = Date.now();
    if (message.kind === 'done') watched.ending = 'done';
    else if (message.kind === 'ready') watched.isReady = true;
    else onMessage(message);
  };
  child.on('message', handleMessage);
  const timer = setInterval(() => {
    const idleMs = Date.now() - Math.max(watched.last, changeOf(inputFile));
    if (idleMs < (watched.isReady ? hangMs : startMs)) return;
    watched.ending = 'hung';
    child.kill('SIGKILL');
  }, lookMs);
  child.send({ ...task, inputFile } satisfies WorkerTask);
  await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(timer);
  const { ending, isReady } = watched;
  if (!isReady) throw new Error(`the fuzzing process for ${task.target} did not start`);
  const result =
    ending === 'done' || task.probe !== undefined ? { ending } : { ending, input: inputIn(inputFile) };
  rmSync(inputFile, { force: true });
  for (const name of ['layer', 'image']) rmSync(scratchFile(name, child.pid), { force: true });
  return result;
}

function changeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function inputIn(path: string): Input {
  return existsSync(path) ? (deserialize(readFileSync(path)) as Input) : new Map();
}
