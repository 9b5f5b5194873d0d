import { metricsAnswer } from '../../metrics.ts';
import { type ApiAnswer, type ApiRequest, type FaultWords, type Route, retryAfter } from '../exchange.ts';
import { GoJsonError, parseGoJson } from '../go-json-decode.ts';
import { goParseInt32 } from '../go-number.ts';
import { parseGoQuery } from '../go-query.ts';
import { matched, patternOf, percentDecoded, plainText, type Router, splitTarget } from '../router.ts';
import { faultOf, type RpcFault, rpcCodes } from './faults.ts';
import type { V3Methods } from './methods.ts';
import { camelCase, decodeProtoJson, encodeProtoJson } from './proto-json.ts';
import type { V3Room } from './room.ts';
import { detailsOf, labelOf, type Rpc, rpcs } from './rpcs.ts';

/** Clair's third API over HTTP/1.1, as grpc-gateway serves it, and `/metrics`. */
export function v3Router(room: Pick<V3Room, 'metrics'>, methods: V3Methods): Router {
  return routerOfGateway([...rpcs.map((rpc) => routeOf(rpc, methods)), metricsRoute(room)]);
}

function metricsRoute({ metrics }: Pick<V3Room, 'metrics'>): Route {
  const handle = () => metricsAnswer(metrics);
  return { name: 'v3/getMetrics', method: 'GET', path: '/metrics', handle };
}

/**
 * Finds routes as grpc-gateway does: without redirects, and with its words for what is not there. A parameter may be empty. Other than
 * there, `%2F` and a colon are part of a name.
 */
function routerOfGateway(routes: readonly Route[]): Router {
  const patterns = routes.map(patternOf);
  const firstParts = new Set(patterns.map(({ parts: [first] }) => first));
  return (method, target) => {
    const { path, query } = splitTarget(target);
    const parts = path.split('/').slice(1);
    if (!path.startsWith('/') || !firstParts.has(parts[0])) return undefined;
    const decoded = parts.map(percentDecoded);
    if (!decoded.every((part) => part !== undefined))
      return { kind: 'answer', answer: plainText(400, '400 Bad Request') };
    const matching = patterns.flatMap((pattern) => matched(pattern, decoded, { mayBeEmpty: true }) ?? []);
    const found = matching.find(({ route }) => route.method === method);
    if (found !== undefined) {
      const { route, params } = found;
      return { kind: 'route', route, pattern: route.path, params, query: parseGoQuery(query) };
    }
    const answer =
      matching.length > 0 ? plainText(405, 'Method Not Allowed\n') : plainText(404, 'Not Found\n');
    return { kind: 'answer', answer };
  };
}

function routeOf(rpc: Rpc, methods: V3Methods): Route {
  const call = methods[rpc.method] as (request: object, signal: AbortSignal) => Promise<object>;
  return {
    name: labelOf(rpc.method),
    method: rpc.verb,
    path: rpc.path,
    scope: rpc.scope,
    faultWords,
    async handle(request) {
      try {
        const message = await messageOf(request, rpc);
        request.note(detailsOf(message));
        return answer(200, await call(message, request.signal));
      } catch (error) {
        const fault = request.signal.aborted ? undefined : faultOf(error);
        if (fault === undefined) throw error;
        return faultAnswer(fault);
      }
    },
  };
}

async function messageOf(request: ApiRequest, rpc: Rpc): Promise<object> {
  if (rpc.verb === 'POST') return decodeProtoJson(rpc.request, await bodyOf(request));
  const given = (name: string): string | undefined =>
    request.params[name] ?? request.query.get(name) ?? request.query.get(camelCase(name)) ?? undefined;
  const texts = Object.keys(rpc.request).map((name) => [name, given(name) ?? '']);
  const numbers = rpc.numbers.map((name) => [name, numberOf(given(name))]);
  return Object.fromEntries([...texts, ...numbers]) as object;
}

function numberOf(text: string | undefined): number {
  return text === undefined ? 0 : goParseInt32(text);
}

/** No body is an empty message. */
async function bodyOf(request: ApiRequest): Promise<unknown> {
  try {
    return parseGoJson(await request.body());
  } catch (error) {
    if (error instanceof GoJsonError && error.message === 'EOF') return undefined;
    throw error;
  }
}

function answer(status: number, message: object, headers: ApiAnswer['headers'] = {}): ApiAnswer {
  const text = encodeProtoJson(message);
  return { status, headers, contentType: 'application/json', text, isNeverCompressed: true };
}

function faultAnswer({ code: name, message, retryAfterSeconds, cause }: RpcFault): ApiAnswer {
  const { code, status } = rpcCodes[name];
  const failure = answer(status, { error: message, code }, retryAfter(retryAfterSeconds));
  return cause === undefined ? failure : { ...failure, cause };
}

/** What the server itself refuses, in the words of this API. */
const faultWords: FaultWords = (status, message, headers) => {
  const { code, status: known } = byStatus(status);
  return answer(known, { error: message, code }, headers);
};

/** A request that takes too long is told with 503 elsewhere. */
function byStatus(status: number): (typeof rpcCodes)[keyof typeof rpcCodes] {
  if (status === 503) return rpcCodes['deadline-exceeded'];
  return Object.values(rpcCodes).find((one) => one.status === status) ?? rpcCodes.internal;
}
