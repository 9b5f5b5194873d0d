import { isMainThread, type MessagePort, parentPort } from 'node:worker_threads';
import { builtIn } from './extensions.ts';
import { claimsOf } from './image/incoming/layer-source.ts';
import { localLayer } from './image/incoming/local-layer.ts';
import { ClairError, messageOf } from './kit/errors.ts';
import { ArrivingBytes } from './layer-pool/arriving-bytes.ts';
import type { FromThread, LayerAnswer, LayerTask, ToThread } from './layer-pool/protocol.ts';
import type { LayerIndex } from './model/layer-index.ts';
import { analyzeLayers, analyzeStream } from './service/analyze-layers.ts';

/** A task under way. */
interface Current {
  readonly arriving: ArrivingBytes;
  readonly calledOff: AbortController;
}

/** The thread's side of the protocol. */
class Desk {
  readonly #port: MessagePort;
  #current: Current | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  take(message: ToThread): void {
    switch (message.kind) {
      case 'begin':
        void this.#do(message.task);
        break;
      case 'bytes':
        this.#current?.arriving.push(message.bytes);
        break;
      case 'end':
        this.#current?.arriving.end();
        break;
      case 'cancel':
        this.#current?.calledOff.abort();
        this.#current?.arriving.end();
        break;
    }
  }

  async #do(task: LayerTask): Promise<void> {
    const giveBack = (memory: ArrayBuffer): void => {
      this.#send({ kind: 'returned', memory }, [memory]);
    };
    const current = { arriving: new ArrivingBytes(giveBack), calledOff: new AbortController() };
    this.#current = current;
    const answer = await answerTo(task, current);
    this.#current = undefined;
    this.#send({ kind: 'answer', answer });
  }

  #send(message: FromThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}

async function answerTo(task: LayerTask, current: Current): Promise<LayerAnswer> {
  try {
    return { indexes: await indexesOf(task, current) };
  } catch (error) {
    const { code, limit } = error instanceof ClairError ? error : { code: undefined, limit: undefined };
    return { code, limit, message: messageOf(error) };
  }
}

async function indexesOf(task: LayerTask, { arriving, calledOff }: Current): Promise<readonly LayerIndex[]> {
  if (task.kind === 'image') return await analyzeLayers(task.layers, builtIn, task.options);
  const { name, format, links } = task;
  const bytes = until(
    calledOff.signal,
    task.kind === 'stream' ? arriving : localLayer(name, task.directories),
  );
  return [await analyzeStream({ name, claims: claimsOf(format), bytes }, builtIn, links)];
}

async function* until(calledOff: AbortSignal, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of bytes) {
    calledOff.throwIfAborted();
    yield piece;
  }
  calledOff.throwIfAborted();
}

if (!isMainThread && parentPort !== null) {
  const desk = new Desk(parentPort);
  parentPort.on('message', (message: ToThread) => {
    desk.take(message);
  });
}
