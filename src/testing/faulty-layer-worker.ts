import { parentPort } from 'node:worker_threads';
import type { FromThread, ToThread } from '../layer-pool/protocol.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import { emptyLayer } from './empty-layer.ts';

/**
 * A thread for layers that misbehaves as the name of its task says: it ends, throws, is busy for ever, or takes all memory. Under any other name it answers
 * with an index of nothing once all bytes have come, and gives no memory back.
 */
const port = parentPort;
const index: LayerIndex = { ...emptyLayer, verified: false };

port?.on('message', (message: ToThread) => {
  if (message.kind === 'begin' && message.task.kind !== 'image') misbehave(message.task.name);
  if (message.kind === 'end' || (message.kind === 'begin' && message.task.kind === 'file')) {
    const answer: FromThread = { kind: 'answer', answer: { indexes: [index] } };
    port.postMessage(answer);
  }
});

function misbehave(name: string): void {
  if (name === 'ends') process.exit(1);
  if (name === 'throws') throw new Error('thrown on purpose');
  while (name === 'spins');
  // Small pieces: for a large one V8 may give up the whole process.
  let heap: unknown;
  while (name === 'hoards') heap = { hoard: heap };
}
