import type * as grpc from '@grpc/grpc-js';
import { limits } from '../../kit/limits.ts';
import type { Access, Allowable, Verdict } from '../http/access.ts';
import { foreignPageProblem } from '../http/request-guard.ts';
import { type RpcCode, rpcCodes } from '../http/v3/faults.ts';
import { rpcOfPath } from '../http/v3/rpcs.ts';

/** The parts of the library that it uses. */
type Library = Pick<
  typeof grpc,
  'ResponderBuilder' | 'ServerInterceptingCall' | 'ServerListenerBuilder' | 'status'
>;

/** Why a call is not taken. */
interface Refusal {
  readonly code: RpcCode;
  readonly details: string;
}

/** What the doorkeeper needs to know. */
export interface DoorkeeperRoom {
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
export function doorkeeper(
  { access, requestMs = limits.requestMs }: DoorkeeperRoom,
  { ResponderBuilder, ServerInterceptingCall, ServerListenerBuilder, status }: Library,
): grpc.ServerInterceptor {
  return ({ path, requestStream }, call) => {
    const arrival = requestStream ? undefined : setTimeout(late, requestMs);
    function refuse({ code, details }: Refusal): void {
      call.sendStatus({ code: status[rpcCodes[code].name], details });
    }
    function late(): void {
      refuse({ code: 'deadline-exceeded', details: 'the request did not come in time' });
    }
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        const refusal = pageRefusal(call.getHost(), metadata) ?? refusalOf(access, path, metadata);
        if (refusal === undefined) next(metadata);
        else refuse(refusal);
      })
      .withOnReceiveHalfClose((next) => {
        clearTimeout(arrival);
        next();
      })
      .withOnCancel(() => {
        clearTimeout(arrival);
      })
      .build();
    const responder = new ResponderBuilder()
      .withStart((next) => {
        next(listener);
      })
      .withSendStatus((sent, next) => {
        clearTimeout(arrival);
        next(sent);
      })
      .build();
    return new ServerInterceptingCall(call, responder);
  };
}

/** Why a call of a web page is refused, which may come by a proxy. */
function pageRefusal(host: string, metadata: grpc.Metadata): Refusal | undefined {
  const [origin, site] = ['origin', 'sec-fetch-site'].map((name) => metadata.get(name)[0]?.toString());
  const details = foreignPageProblem({ origin, site, host });
  return details === undefined ? undefined : { code: 'permission-denied', details };
}

/** Whether a call is allowed, and whose it is. Health checks need no token. */
export function verdictOf(access: Access, path: string, metadata: grpc.Metadata): Verdict {
  if (path.startsWith(healthPath)) return {};
  const [authorization] = metadata.get('authorization');
  return access.check(authorization?.toString(), allowableOf(path));
}

function refusalOf(access: Access, path: string, metadata: grpc.Metadata): Refusal | undefined {
  const { refusal } = verdictOf(access, path, metadata);
  if (refusal === undefined) return undefined;
  const code = refusal.answer.status === 401 ? 'unauthenticated' : 'permission-denied';
  return { code, details: refusal.answer.text ?? '' };
}

/** A method of this API; for any other, any token will do. */
function allowableOf(path: string): Allowable {
  const rpc = rpcOfPath(path);
  return {
    method: rpc?.verb ?? 'GET',
    scope: rpc?.scope ?? 'read',
    faultWords: (status, text) => ({ status, text }),
  };
}
