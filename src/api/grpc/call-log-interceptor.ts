import type * as grpc from '@grpc/grpc-js';
import { parseTraceparent } from '../../kit/trace/tracer.ts';
import type { Access, AccessDecision } from '../http/access.ts';
import { clientAddress, type RequestRecord, truncateLogText } from '../http/request-record.ts';
import type { LogDetails } from '../http/route.ts';
import { logDetailsOf, metricLabelOf, rpcByPath } from '../http/v3/rpcs.ts';
import { accessDecisionOf } from './access-interceptor.ts';

/** The parts of `@grpc/grpc-js` that the interceptor uses. */
type Library = Pick<
  typeof grpc,
  'ResponderBuilder' | 'ServerInterceptingCall' | 'ServerListenerBuilder' | 'status'
>;

/** Options of `callLogInterceptor`. */
export interface CallLogInterceptorOptions {
  readonly access: Access;
  /** Called once when a call ends, also if it was refused. */
  readonly onRequest?: (record: RequestRecord) => void;
}

/**
 * Returns an interceptor that reports each call when its status is sent or its client cancels it. It must come before
 * `accessInterceptor`, so that it also reports refusals.
 */
export function callLogInterceptor(
  { access, onRequest }: CallLogInterceptorOptions,
  { ResponderBuilder, ServerInterceptingCall, ServerListenerBuilder, status }: Library,
): grpc.ServerInterceptor {
  return ({ path }, call) => {
    if (onRequest === undefined) return new ServerInterceptingCall(call);
    const started = performance.now();
    let decision: AccessDecision = {};
    let details: LogDetails = {};
    let traceparent: string | undefined;
    let isReported = false;
    const report = (code: number): void => {
      if (isReported) return;
      isReported = true;
      const traceId = parseTraceparent(traceparent)?.traceId;
      const ms = performance.now() - started;
      onRequest(callRecordOf({ path, client: call.getPeer(), ms, decision, traceId, details }, code, status));
    };
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        decision = accessDecisionOf(access, path, metadata);
        traceparent = metadata.get('traceparent')[0]?.toString();
        next(metadata);
      })
      .withOnReceiveMessage((message: unknown, next) => {
        if (typeof message === 'object' && message !== null) details = logDetailsOf(message);
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
      .withSendStatus((sentStatus, next) => {
        report(sentStatus.code);
        next(sentStatus);
      })
      .build();
    return new ServerInterceptingCall(call, responder);
  };
}

interface EndedCall {
  readonly path: string;
  readonly client: string;
  readonly ms: number;
  readonly decision: AccessDecision;
  readonly traceId: string | undefined;
  readonly details: LogDetails;
}

function callRecordOf(
  { path, client, ms, decision, traceId, details }: EndedCall,
  code: number,
  status: Library['status'],
): RequestRecord {
  const rpc = rpcByPath(path);
  return {
    protocol: 'gRPC',
    method: 'POST',
    path: truncateLogText(path),
    route: rpc === undefined ? undefined : metricLabelOf(rpc.method),
    status: status[code] ?? String(code),
    isSuccess: status[code] === 'OK',
    ms,
    bytes: undefined,
    client: clientAddress({ remoteAddress: client.replace(/:\d+$/, '') }),
    traceId,
    requestId: undefined,
    token: decision.token,
    refused: decision.refusal?.reason,
    isChange: rpc?.scope === 'admin',
    details,
  };
}
