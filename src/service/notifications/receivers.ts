import type { Transport } from '../../plugin/transport.ts';
import { Backoff } from './backoff.ts';

/** A transport with a backoff of its own. */
export interface Receiver {
  readonly transport: Transport;
  readonly backoff: Backoff;
}

/** Returns the receivers in order of delivery, without a backoff. */
export function receiversOf(transports: readonly Transport[]): Receiver[] {
  return transports.map((transport) => ({ transport, backoff: new Backoff() }));
}

/** Returns the time at which the first receiver can be tried: `now` unless all back off. */
export function earliestRetryAt(receivers: readonly Receiver[], now: number): number {
  return Math.min(...receivers.map(({ backoff }) => backoff.retryAt(now)));
}
