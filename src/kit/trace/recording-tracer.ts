import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { messageOf } from '../../core/errors.ts';
import { parseTraceparent, type SpanAttributes, type SpanStart, type Tracer } from './tracer.ts';

/** A span that has ended. Ids are hexadecimal. Times are milliseconds since 1970. */
export interface EndedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: SpanStart['kind'];
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  /** The reason of the failure. Undefined if the span succeeded. */
  readonly failure: string | undefined;
}

/** A span that has not ended. */
interface OpenSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** False if the caller that began the trace decided not to record it. */
  readonly isSampled: boolean;
  attributes: SpanAttributes;
  failure: string | undefined;
}

/** Creates a tracer that passes each span to `onEnded` when it ends. */
export function recordingTracer(onEnded: (span: EndedSpan) => void): Tracer {
  const current = new AsyncLocalStorage<OpenSpan>();
  return {
    async span(start, work) {
      const parent = parseTraceparent(start.parent) ?? current.getStore();
      const open: OpenSpan = {
        traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
        spanId: randomBytes(8).toString('hex'),
        isSampled: parent?.isSampled ?? true,
        attributes: start.attributes ?? {},
        failure: undefined,
      };
      const startMs = now();
      try {
        return await current.run(open, work);
      } catch (error) {
        open.failure ??= messageOf(error);
        throw error;
      } finally {
        const { name, kind } = start;
        const { isSampled, ...span } = open;
        if (isSampled) onEnded({ ...span, parentSpanId: parent?.spanId, name, kind, startMs, endMs: now() });
      }
    },
    annotate(attributes, failure) {
      const open = current.getStore();
      if (open === undefined) return;
      open.attributes = { ...open.attributes, ...attributes };
      open.failure ??= failure;
    },
    traceId: () => current.getStore()?.traceId,
  };
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
