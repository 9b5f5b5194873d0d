import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { messageOf } from '../../core/errors.ts';
import { parseTraceparent, type SpanAttributes, type SpanStart, type Tracer } from './tracer.ts';

/** A span that has ended. Ids are in hexadecimal, times in milliseconds since 1970. */
export interface EndedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: SpanStart['kind'];
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  /** Why it failed; nothing where it did not. */
  readonly failure: string | undefined;
}

/** A span under way. */
interface OpenSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Whoever began the trace may have chosen not to record it. */
  readonly isSampled: boolean;
  attributes: SpanAttributes;
  failure: string | undefined;
}

/** Hands each span on when it has ended. */
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
