import type { Transport } from '../../plugin/transport.ts';
import { BackOff } from './back-off.ts';

/** Who is told by a transport. One that fails rests, whatever becomes of the others. */
export interface Receiver {
  readonly transport: Transport;
  readonly backOff: BackOff;
}

/** Receivers, of which nothing bad is known yet, in the order in which they are told. */
export function receiversOf(transports: readonly Transport[]): Receiver[] {
  return transports.map((transport) => ({ transport, backOff: new BackOff() }));
}

/** When the first of them may be told: now, where not all rest. */
export function endOfRest(receivers: readonly Receiver[], now: number): number {
  return Math.min(...receivers.map(({ backOff }) => backOff.endOfRest(now)));
}
