import { parentPort } from 'node:worker_threads';
import type { ToParser } from '../parser-pool/parser-thread.ts';
import '../parser-worker.ts';

/** Ends this parser thread, which is otherwise the real one, on a document with the text `ends its thread`. */
parentPort?.on('message', ({ batch }: ToParser) => {
  if (Buffer.from(batch.memory).includes('ends its thread')) process.exit();
});
