import type * as grpc from '@grpc/grpc-js';
import { limits } from '../../core/limits.ts';
import type { Access, AccessDecision, AccessTarget } from '../http/access.ts';
import { crossOriginProblem } from '../http/request-guard.ts';
import { type RpcCode, rpcCodes } from '../http/v3/errors.ts';
import { rpcByPath } from '../http/v3/rpcs.ts';

/** The parts of the library that it uses. */
type Library = Pick<
  typeof grpc,
  'ResponderBuilder' | 'ServerInterceptingCall' | 'ServerListenerBuilder' | 'status'
>;

/** Why a call is not taken. */
interface CallRefusal {
  readonly code: RpcCode;
  readonly details: string;
}

/** What the doorkeeper needs to know. */
export interface AuthInterceptorOptions {
  readonly access: Access;
  /** How long a request may take to arrive; `limits` where it is not said. */
  readonly requestMs?: number;
}

/** Who asks for the health needs no token, as at the port of the health check. */
const healthPath = '/grpc.health.v1.Health/';

/**
 * Lets only those in who have a token, where tokens are asked for, and waits for their requests no longer than HTTP/1.1 does. It looks
 * at a call before its request is there.
 */
export function authInterceptor(
  { access, requestMs = limits.requestMs }: AuthInterceptorOptions,
  { ResponderBuilder, ServerInterceptingCall, ServerListenerBuilder, status }: Library,
): grpc.ServerInterceptor {
  return ({ path, requestStream }, call) => {
    const requestTimer = requestStream ? undefined : setTimeout(onRequestTimeout, requestMs);
    function refuse({ code, details }: CallRefusal): void {
      call.sendStatus({ code: status[rpcCodes[code].name], details });
    }
    function onRequestTimeout(): void {
      refuse({ code: 'deadline-exceeded', details: 'the request did not come in time' });
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

/** Why a call of a web page is refused, which may come by a proxy. */
function crossOriginRefusal(host: string, metadata: grpc.Metadata): CallRefusal | undefined {
  const [origin, site] = ['origin', 'sec-fetch-site'].map((name) => metadata.get(name)[0]?.toString());
  const details = crossOriginProblem({ origin, site, host });
  return details === undefined ? undefined : { code: 'permission-denied', details };
}

/** Whether a call is allowed, and whose it is. Health checks need no token. */
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

/** A method of this API; for any other, any token will do. */
function accessTargetOf(path: string): AccessTarget {
  const rpc = rpcByPath(path);
  return {
    method: rpc?.verb ?? 'GET',
    scope: rpc?.scope ?? 'read',
    renderError: (status, text) => ({ status, text }),
  };
}
