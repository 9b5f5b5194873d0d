import type * as grpc from '@grpc/grpc-js';
import { parseTraceparent } from '../../kit/trace/tracer.ts';
import type { Access, Verdict } from '../http/access.ts';
import type { LogDetails } from '../http/exchange.ts';
import { type RequestRecord, shortened } from '../http/request-record.ts';
import { detailsOf, labelOf, rpcOfPath } from '../http/v3/rpcs.ts';
import { verdictOf } from './doorkeeper.ts';

/** The parts of the library that it uses. */
type Library = Pick<
  typeof grpc,
  'ResponderBuilder' | 'ServerInterceptingCall' | 'ServerListenerBuilder' | 'status'
>;

/** What the log of calls needs. */
export interface CallLogOptions {
  readonly access: Access;
  /** Called once for each call that has ended, refused ones included. */
  readonly onRequest?: (record: RequestRecord) => void;
}

/** Reports each call when its status is sent or its client cancels it. It stands before the doorkeeper, whose refusals it sees. */
export function callLog(
  { access, onRequest }: CallLogOptions,
  { ResponderBuilder, ServerInterceptingCall, ServerListenerBuilder, status }: Library,
): grpc.ServerInterceptor {
  return ({ path }, call) => {
    if (onRequest === undefined) return new ServerInterceptingCall(call);
    const started = performance.now();
    let verdict: Verdict = {};
    let details: LogDetails = {};
    let traceparent: string | undefined;
    let isReported = false;
    const report = (code: number): void => {
      if (isReported) return;
      isReported = true;
      const traceId = parseTraceparent(traceparent)?.traceId;
      const ms = performance.now() - started;
      onRequest(recordOf({ path, client: call.getPeer(), ms, verdict, traceId, details }, code, status));
    };
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        verdict = verdictOf(access, path, metadata);
        traceparent = metadata.get('traceparent')[0]?.toString();
        next(metadata);
      })
      .withOnReceiveMessage((message: unknown, next) => {
        if (typeof message === 'object' && message !== null) details = detailsOf(message);
        next(message);
      })
      .withOnCancel(() => {
        report(status.CANCELLED);
      })
      .build();
    const responder = new ResponderBuilder()
      .withStart((next) => {
        next(listener);
      })
      .withSendStatus((sent, next) => {
        report(sent.code);
        next(sent);
      })
      .build();
    return new ServerInterceptingCall(call, responder);
  };
}

interface EndedCall {
  readonly path: string;
  readonly client: string;
  readonly ms: number;
  readonly verdict: Verdict;
  readonly traceId: string | undefined;
  readonly details: LogDetails;
}

function recordOf(
  { path, client, ms, verdict, traceId, details }: EndedCall,
  code: number,
  status: Library['status'],
): RequestRecord {
  const rpc = rpcOfPath(path);
  return {
    protocol: 'gRPC',
    method: 'POST',
    path: shortened(path),
    route: rpc === undefined ? undefined : labelOf(rpc.method),
    status: status[code] ?? String(code),
    isSuccess: status[code] === 'OK',
    ms,
    bytes: undefined,
    client: client.replace(/:\d+$/, ''),
    traceId,
    requestId: undefined,
    token: verdict.token,
    refused: verdict.refusal?.reason,
    isChange: rpc?.scope === 'admin',
    details,
  };
}
