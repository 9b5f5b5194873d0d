import { isMainThread, parentPort } from 'node:worker_threads';
import { runAheadTask } from './kit/decompress/split/ahead-task.ts';
import { runHashTask } from './kit/decompress/split/shared-hash.ts';
import type { FromInflater, ToInflater } from './layer-pool/inflate-thread.ts';

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  port.on('message', (task: ToInflater) => {
    if ('range' in task) port.postMessage({ hash: runAheadTask(task) } satisfies FromInflater);
    else runHashTask(task);
  });
}
