import { isMainThread, type MessagePort, parentPort } from 'node:worker_threads';
import { serializeError } from './core/errors.ts';
import { builtIn, loadDeclaredListers } from './extensions.ts';
import { readLocalLayer } from './image/posted/local-layer.ts';
import { abortable } from './kit/async/abort.ts';
import { scriptUrl } from './kit/script-url.ts';
import type { FromThread, LayerAnswer, LayerResult, LayerTask, ToThread } from './layer-pool/protocol.ts';
import { TransferReceiver } from './layer-pool/transfer.ts';
import type { AnalyzerDescription } from './plugin-host/analyzer-description.ts';
import { PluginThread } from './plugin-host/plugin-thread.ts';
import { remoteAnalyzers } from './plugin-host/remote-analyzers.ts';
import { analyzeExtract, completeExtract, extractStream } from './service/images/analyze-extract.ts';
import { type Analyzers, analyzeLayers, analyzeStream } from './service/images/analyze-layers.ts';

/** The task that runs now. */
interface CurrentTask {
  readonly receiver: TransferReceiver;
  readonly cancellation: AbortController;
}

/** The thread's side of the protocol in `layer-pool/protocol.ts`. */
class WorkerSession {
  readonly #port: MessagePort;
  readonly #plugins = new PluginThread(scriptUrl('./plugin-worker', import.meta.url));
  #current: CurrentTask | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** Handles a message of the other thread. */
  readonly take = (message: ToThread): void => {
    switch (message.kind) {
      case 'begin':
        void this.#run(message.task);
        break;
      case 'bytes':
        this.#current?.receiver.push(message.bytes);
        break;
      case 'end':
        this.#current?.receiver.end();
        break;
      case 'cancel':
        this.#current?.cancellation.abort();
        this.#current?.receiver.cancel();
        break;
    }
  };

  async #run(task: LayerTask): Promise<void> {
    const recycle = (memory: ArrayBuffer): void => {
      this.#send({ kind: 'returned', memory }, [memory]);
    };
    const current = {
      receiver: new TransferReceiver(recycle),
      cancellation: new AbortController(),
    };
    this.#current = current;
    let answer: LayerAnswer;
    try {
      const declared = task.includesDeclared === true ? await loadDeclaredListers() : [];
      const analyzers = analyzersWith(task.analyzers, declared, this.#plugins);
      if (task.kind === 'image')
        answer = { indexes: await analyzeLayers(task.layers, analyzers, task.options) };
      else if (
        task.kind === 'extract' ||
        task.kind === 'parts' ||
        (task.kind === 'stream' && task.extractBytesMax !== undefined)
      )
        answer = await resultOfExtract(task, analyzers, current.receiver);
      else {
        const { name, claims, options } = task;
        const bytes =
          task.kind === 'stream'
            ? current.receiver
            : abortable(current.cancellation.signal, readLocalLayer(name, task.directories));
        answer = { indexes: [await analyzeStream({ name, claims, bytes }, analyzers, options)] };
      }
    } catch (error) {
      answer = serializeError(error);
    }
    this.#current = undefined;
    this.#send({ kind: 'answer', answer });
  }

  #send(message: FromThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}

/** Returns the built-in analyzers together with the listers of declared packages, and with those of plugins. */
function analyzersWith(
  descriptions: readonly AnalyzerDescription[],
  declared: Analyzers['listers'],
  plugins: PluginThread,
): Analyzers {
  if (descriptions.length === 0 && declared.length === 0) return builtIn;
  const { detectors, listers } = remoteAnalyzers(descriptions, plugins);
  return {
    detectors: [...detectors, ...builtIn.detectors],
    listers: [...builtIn.listers, ...listers, ...declared],
  };
}

/** A task that reads an extract or writes one. */
type ExtractTask = Extract<LayerTask, { kind: 'stream' | 'extract' | 'parts' }>;

/** Reads an extract, or writes one. Throws what reading a layer throws. */
async function resultOfExtract(
  task: ExtractTask,
  analyzers: Analyzers,
  bytes: TransferReceiver,
): Promise<LayerResult> {
  const { name, claims, options } = task;
  if (task.kind === 'extract') {
    const result = await analyzeExtract(task.extract, claims, analyzers, options);
    return result !== undefined && 'index' in result
      ? { indexes: [result.index] }
      : { indexes: [], ...(result && { missing: result.missing }) };
  }
  if (task.kind === 'parts') {
    const { extract, parts, extractBytesMax } = task;
    const completing = { ...options, extractBytesMax };
    const completed = await completeExtract({ extract, parts }, claims, analyzers, completing);
    return { indexes: [completed.index], extract: completed.extract };
  }
  const extractOptions = { ...options, extractBytesMax: task.extractBytesMax ?? 0 };
  const { index, extract } = await extractStream({ name, claims, bytes }, analyzers, extractOptions);
  return { indexes: [index], extract };
}

if (!isMainThread && parentPort !== null) {
  const session = new WorkerSession(parentPort);
  parentPort.on('message', session.take);
}
