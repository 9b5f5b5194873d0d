import { parentPort } from 'node:worker_threads';
import type { FromThread, ToThread } from '../layer-pool/protocol.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import { emptyLayer } from './empty-layer.ts';

/**
 * A layer worker that misbehaves as the name of its task states: it exits, throws, loops forever or exhausts the memory. For any
 * other name it returns an empty index once all bytes have arrived, and does not release their memory.
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
  // Small allocations: after a failed large one V8 may abort the whole process.
  let heap: unknown;
  while (name === 'hoards') heap = { hoard: heap };
}
