import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { httpRequest, readTruncatedBody } from '../http/http-client.ts';
import { otlpJson } from './otlp.ts';
import type { EndedSpan } from './recording-tracer.ts';
import type { SpanAttributes } from './tracer.ts';

/** The collector that receives the spans. */
export interface ExportTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: SpanAttributes;
  /** Receives each failure. Its spans are lost. */
  readonly onError: (message: string) => void;
}

/**
 * Sends spans in batches to an OpenTelemetry collector, without delay for the traced work. If too many wait, the newest are lost. Disposing
 * it sends the last ones.
 */
export class SpanExporter implements AsyncDisposable {
  readonly #target: ExportTarget;
  #waiting: EndedSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;

  constructor(target: ExportTarget) {
    this.#target = target;
  }

  add(span: EndedSpan): void {
    if (this.#waiting.length >= limits.spansWaiting) return;
    this.#waiting.push(span);
    if (this.#waiting.length >= limits.spansWaiting / 4) void this.#flush();
    else this.#timer ??= setTimeout(() => void this.#flush(), limits.spanDelayMs).unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flush();
    await this.#flush();
  }

  /** Only one request is sent at a time. */
  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#sending !== undefined) {
      await this.#sending;
      return;
    }
    const spans = this.#waiting;
    this.#waiting = [];
    if (spans.length === 0) return;
    this.#sending = this.#send(spans);
    await this.#sending;
    this.#sending = undefined;
  }

  async #send(spans: readonly EndedSpan[]): Promise<void> {
    const { url, headers, resource, onError } = this.#target;
    try {
      const response = await httpRequest(new URL(url), {
        headers: { 'user-agent': 'clair', ...headers, 'content-type': 'application/json' },
        body: otlpJson(spans, resource),
        idleMs: limits.deliveryMs,
        totalMs: limits.deliveryMs,
      });
      const { status } = response;
      // A connection whose response is read to its end is used again.
      await readTruncatedBody(response, limits.registryAnswerBytes);
      if (status < 200 || status > 299) onError(`${spans.length} spans: the collector answers ${status}`);
    } catch (error) {
      onError(`${spans.length} spans: ${messageOf(error)}`);
    }
  }
}
