import type { Transport } from '../../plugin/transport.ts';
import { Backoff } from './backoff.ts';

/** Who is told by a transport. One that fails rests, whatever becomes of the others. */
export interface Receiver {
  readonly transport: Transport;
  readonly backoff: Backoff;
}

/** Receivers, of which nothing bad is known yet, in the order in which they are told. */
export function receiversOf(transports: readonly Transport[]): Receiver[] {
  return transports.map((transport) => ({ transport, backoff: new Backoff() }));
}

/** When the first of them may be told: now, where not all rest. */
export function earliestRetryAt(receivers: readonly Receiver[], now: number): number {
  return Math.min(...receivers.map(({ backoff }) => backoff.retryAt(now)));
}
