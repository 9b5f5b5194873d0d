import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { Semaphore } from '../kit/async/semaphore.ts';
import type { Files } from '../plugin/layer-files.ts';
import type { AnalyzerDescription } from './analyzer-description.ts';
import type { AnalyzerRequest, AnalyzerResponse } from './worker-protocol.ts';

/** What the thread of the plugins is limited to. */
export interface PluginBounds {
  /** For one answer. */
  readonly pluginMs: number;
  readonly pluginHeapBytes: number;
}

/**
 * The thread on which plugins look at files, one question at a time. It is started when first asked, and ended where an answer takes
 * too long or too much memory: the next question starts another. It keeps no process alive that asks nothing.
 */
export class PluginThread implements AsyncDisposable {
  readonly #script: URL;
  readonly #bounds: PluginBounds;
  readonly #semaphore = new Semaphore(1);
  #worker: Worker | undefined;

  /** `script` is `plugin-worker`. */
  constructor(script: URL, bounds: PluginBounds = limits) {
    this.#script = script;
    this.#bounds = bounds;
  }

  /** What an analyzer makes of the files, unchecked. Throws what went wrong, in words for a report. */
  async analyze({ kind, module, name }: AnalyzerDescription, files: Files): Promise<unknown> {
    // Copied: a view would take all of the buffer along that it looks into.
    const copies = [...files].map(([path, content]) => [path, new Uint8Array(content)] as const);
    const response = await this.#semaphore.run(() => this.#request({ kind, module, name, files: copies }));
    if ('error' in response) throw new Error(response.error);
    return response.result;
  }

  /** Once what was asked before is answered. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#semaphore.run(() => this.#terminate());
  }

  async #request(request: AnalyzerRequest): Promise<AnalyzerResponse> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const timeoutSignal = AbortSignal.timeout(this.#bounds.pluginMs);
    const settled = new AbortController();
    const signal = AbortSignal.any([timeoutSignal, settled.signal]);
    worker.ref();
    try {
      const exited = once(worker, 'exit', { signal }).then(() => ({ error: 'it ended its thread' }));
      const responded = once(worker, 'message', { signal }).then(
        ([response]) => response as AnalyzerResponse,
      );
      worker.postMessage(request);
      return await Promise.race([responded, exited]);
    } catch (error) {
      await this.#terminate();
      return {
        error: timeoutSignal.aborted
          ? `it took more than ${this.#bounds.pluginMs / 1000} s and was ended`
          : describeFailure(error),
      };
    } finally {
      settled.abort();
      worker.unref();
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#script, {
      resourceLimits: { maxOldGenerationSizeMb: this.#bounds.pluginHeapBytes / 1024 ** 2 },
      // Results are written to standard output, and nobody else may.
      stdout: true,
    });
    worker.stdout.pipe(process.stderr, { end: false });
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }

  async #terminate(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

function describeFailure(error: unknown): string {
  const isMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isMemory ? 'it took more memory than there is for it and was ended' : messageOf(error);
}
