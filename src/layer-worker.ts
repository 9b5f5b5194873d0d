import { isMainThread, type MessagePort, parentPort } from 'node:worker_threads';
import { builtIn } from './extensions.ts';
import { localLayer } from './image/incoming/local-layer.ts';
import { scriptUrl } from './kit/script-url.ts';
import { sentError } from './kit/sent-error.ts';
import { until } from './kit/until.ts';
import { ArrivingBytes } from './layer-pool/arriving-bytes.ts';
import type { FromThread, LayerAnswer, LayerTask, ToThread } from './layer-pool/protocol.ts';
import type { LayerIndex } from './model/layer-index.ts';
import type { AnalyzerDescription } from './plugin-host/description.ts';
import { PluginThread } from './plugin-host/plugin-thread.ts';
import { remoteAnalyzers } from './plugin-host/remote-analyzers.ts';
import { type Analyzers, analyzeLayers, analyzeStream } from './service/images/analyze-layers.ts';

/** A task under way. */
interface Current {
  readonly arriving: ArrivingBytes;
  readonly calledOff: AbortController;
  readonly plugins: PluginThread;
}

/** The thread's side of the protocol. */
class Desk {
  readonly #port: MessagePort;
  readonly #plugins = new PluginThread(scriptUrl('./plugin-worker', import.meta.url));
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
    const current = {
      arriving: new ArrivingBytes(giveBack),
      calledOff: new AbortController(),
      plugins: this.#plugins,
    };
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
    return sentError(error);
  }
}

/** Those that come with clair, and those of plugins. */
function analyzersWith(descriptions: readonly AnalyzerDescription[], plugins: PluginThread): Analyzers {
  if (descriptions.length === 0) return builtIn;
  const { detectors, listers } = remoteAnalyzers(descriptions, plugins);
  return { detectors: [...detectors, ...builtIn.detectors], listers: [...builtIn.listers, ...listers] };
}

async function indexesOf(
  task: LayerTask,
  { arriving, calledOff, plugins }: Current,
): Promise<readonly LayerIndex[]> {
  const analyzers = analyzersWith(task.analyzers, plugins);
  if (task.kind === 'image') return await analyzeLayers(task.layers, analyzers, task.options);
  const { name, claims, options } = task;
  const bytes = until(
    calledOff.signal,
    task.kind === 'stream' ? arriving : localLayer(name, task.directories),
  );
  return [await analyzeStream({ name, claims, bytes }, analyzers, options)];
}

if (!isMainThread && parentPort !== null) {
  const desk = new Desk(parentPort);
  parentPort.on('message', (message: ToThread) => {
    desk.take(message);
  });
}
