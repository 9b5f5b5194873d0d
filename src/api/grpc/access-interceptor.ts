import type * as grpc from '@grpc/grpc-js';
import { limits } from '../../core/limits.ts';
import type { Access, AccessDecision, AccessTarget } from '../http/access.ts';
import { crossOriginProblem } from '../http/request-guard.ts';
import { type RpcCode, rpcCodes } from '../http/v3/errors.ts';
import { rpcByPath } from '../http/v3/rpcs.ts';

/** The parts of `@grpc/grpc-js` that the interceptor uses. */
type Library = Pick<
  typeof grpc,
  'ResponderBuilder' | 'ServerInterceptingCall' | 'ServerListenerBuilder' | 'status'
>;

/** The status of a refused call. */
interface CallRefusal {
  readonly code: RpcCode;
  readonly details: string;
}

/** Options of `accessInterceptor`. */
export interface AccessInterceptorOptions {
  readonly access: Access;
  /** Time for a request to arrive, in milliseconds; `limits.requestMs` by default. */
  readonly requestMs?: number;
}

/** Health checks need no token, as on the port of the HTTP health check. */
const healthPath = '/grpc.health.v1.Health/';

/**
 * Returns an interceptor that refuses calls without a sufficient token, and cross-origin calls. It decides before the request message
 * arrives. It also ends calls whose request does not arrive within `requestMs`.
 */
export function accessInterceptor(
  { access, requestMs = limits.requestMs }: AccessInterceptorOptions,
  { ResponderBuilder, ServerInterceptingCall, ServerListenerBuilder, status }: Library,
): grpc.ServerInterceptor {
  return ({ path, requestStream }, call) => {
    const requestTimer = requestStream ? undefined : setTimeout(onRequestTimeout, requestMs);
    function refuse({ code, details }: CallRefusal): void {
      call.sendStatus({ code: status[rpcCodes[code].name], details });
    }
    function onRequestTimeout(): void {
      refuse({ code: 'deadline-exceeded', details: 'the request did not arrive in time' });
    }
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        const refusal = crossOriginRefusal(call.getHost(), metadata) ?? accessRefusal(access, path, metadata);
        if (refusal === undefined) next(metadata);
        else refuse(refusal);
      })
      .withOnReceiveHalfClose((next) => {
        clearTimeout(requestTimer);
        next();
      })
      .withOnCancel(() => {
        clearTimeout(requestTimer);
      })
      .build();
    const responder = new ResponderBuilder()
      .withStart((next) => {
        next(listener);
      })
      .withSendStatus((sentStatus, next) => {
        clearTimeout(requestTimer);
        next(sentStatus);
      })
      .build();
    return new ServerInterceptingCall(call, responder);
  };
}

/** Returns the refusal of a call from a web page of another origin, which may arrive through a proxy. */
function crossOriginRefusal(host: string, metadata: grpc.Metadata): CallRefusal | undefined {
  const [origin, site] = ['origin', 'sec-fetch-site'].map((name) => metadata.get(name)[0]?.toString());
  const details = crossOriginProblem({ origin, site, host });
  return details === undefined ? undefined : { code: 'permission-denied', details };
}

/** Returns whether a call is allowed, and the name of its token. Health checks need no token. */
export function accessDecisionOf(access: Access, path: string, metadata: grpc.Metadata): AccessDecision {
  if (path.startsWith(healthPath)) return {};
  const [authorization] = metadata.get('authorization');
  return access.authorize(authorization?.toString(), accessTargetOf(path));
}

function accessRefusal(access: Access, path: string, metadata: grpc.Metadata): CallRefusal | undefined {
  const { refusal } = accessDecisionOf(access, path, metadata);
  if (refusal === undefined) return undefined;
  const code = refusal.response.status === 401 ? 'unauthenticated' : 'permission-denied';
  return { code, details: refusal.response.text ?? '' };
}

/** Returns the access target of a method. For unknown methods, every valid token suffices. */
function accessTargetOf(path: string): AccessTarget {
  const rpc = rpcByPath(path);
  return {
    method: rpc?.verb ?? 'GET',
    scope: rpc?.scope ?? 'read',
    renderError: (status, text) => ({ status, text }),
  };
}
