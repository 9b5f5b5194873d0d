import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { Semaphore } from '../kit/async/semaphore.ts';
import type { Files } from '../plugin/layer-files.ts';
import type { AnalyzerDescription, AnalyzerRequest, AnalyzerResponse } from './analyzer-description.ts';

/** Limits of the plugin thread. */
export interface PluginBounds {
  /** Time for one request, in milliseconds. */
  readonly pluginMs: number;
  /** Heap of the thread, in bytes. */
  readonly pluginHeapBytes: number;
}

/**
 * A worker thread that runs the detectors and listers of plugins, one request at a time. The first request starts it. If a request
 * exceeds its time or memory, the thread is terminated, and the next request starts another one. An idle thread does not keep the
 * process alive.
 */
export class PluginThread implements AsyncDisposable {
  readonly #script: URL;
  readonly #bounds: PluginBounds;
  readonly #semaphore = new Semaphore(1);
  #worker: Worker | undefined;

  /** `script` is the URL of the `plugin-worker` module. */
  constructor(script: URL, bounds: PluginBounds = limits) {
    this.#script = script;
    this.#bounds = bounds;
  }

  /** Returns the unvalidated result of an analyzer for these files. Throws an error whose message is fit for a report. */
  async analyze(
    { kind, module, name }: AnalyzerDescription,
    files: Files,
    program?: AnalyzerRequest['program'],
  ): Promise<unknown> {
    // Copied, since posting a view would clone its whole underlying buffer.
    const copies = [...files].map(([path, content]) => [path, new Uint8Array(content)] as const);
    const request = { kind, module, name, files: copies, ...(program !== undefined && { program }) };
    const response = await this.#semaphore.run(() => this.#request(request));
    if ('error' in response) throw new Error(response.error);
    return response.result;
  }

  /** Terminates the thread after the pending requests. */
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
      const exited = once(worker, 'exit', { signal }).then(() => ({ error: 'it exited its thread' }));
      const responded = once(worker, 'message', { signal }).then(
        ([response]) => response as AnalyzerResponse,
      );
      worker.postMessage(request);
      return await Promise.race([responded, exited]);
    } catch (error) {
      await this.#terminate();
      return {
        error: timeoutSignal.aborted
          ? `it exceeded its time limit of ${this.#bounds.pluginMs / 1000} s and was terminated`
          : describeFailure(error, this.#bounds),
      };
    } finally {
      settled.abort();
      worker.unref();
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#script, {
      resourceLimits: { maxOldGenerationSizeMb: this.#bounds.pluginHeapBytes / 1024 ** 2 },
      // Standard output is reserved for the results of clair.
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

function describeFailure(error: unknown, { pluginHeapBytes }: PluginBounds): string {
  const isMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isMemory
    ? `it exceeded its memory limit of ${pluginHeapBytes / 1024 ** 2} MiB and was terminated`
    : messageOf(error);
}
