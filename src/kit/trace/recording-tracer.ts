import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { messageOf } from '../errors.ts';
import type { SpanAttributes, SpanStart, Tracer } from './tracer.ts';

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
      const parent = parentOf(start) ?? current.getStore();
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
    note(attributes, failure) {
      const open = current.getStore();
      if (open === undefined) return;
      open.attributes = { ...open.attributes, ...attributes };
      open.failure ??= failure;
    },
  };
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Of versions to come, only what the first one says is read (w3.org/TR/trace-context). */
const traceparent = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-|$)/;

function parentOf({ parent }: SpanStart): Pick<OpenSpan, 'traceId' | 'spanId' | 'isSampled'> | undefined {
  const [, traceId, spanId, flags = ''] = traceparent.exec(parent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
