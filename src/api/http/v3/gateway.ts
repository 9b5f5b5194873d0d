import { metricsResponse } from '../../metrics.ts';
import { GoJsonError, parseGoJson } from '../go-json-decode.ts';
import { goParseInt32 } from '../go-number.ts';
import {
  type ApiRequest,
  type ApiResponse,
  type ErrorRenderer,
  type Route,
  retryAfterHeader,
} from '../route.ts';
import { plainRouter, plainTextResponse, type Router } from '../router.ts';
import type { V3Deps } from './deps.ts';
import { type RpcError, rpcCodes, toRpcError } from './errors.ts';
import type { V3Methods } from './methods.ts';
import { camelCase, decodeProtoJson, encodeProtoJson } from './proto-json.ts';
import { logDetailsOf, metricLabelOf, type Rpc, rpcs } from './rpcs.ts';

/** Returns a router for the Clair v3 API over HTTP/1.1, as grpc-gateway serves it, and for `/metrics`. */
export function v3Router(deps: Pick<V3Deps, 'metrics'>, methods: V3Methods): Router {
  return plainRouter([...rpcs.map((rpc) => routeOf(rpc, methods)), metricsRoute(deps)], refuse);
}

function metricsRoute({ metrics }: Pick<V3Deps, 'metrics'>): Route {
  const handle = () => metricsResponse(metrics);
  return { name: 'v3/getMetrics', method: 'GET', path: '/metrics', handle };
}

/** Returns grpc-gateway's messages for 404 and 405. Unlike there, a colon is part of a name. */
function refuse(_method: string, ofOtherMethods: readonly object[]): ApiResponse {
  return ofOtherMethods.length > 0
    ? plainTextResponse(405, 'Method Not Allowed\n')
    : plainTextResponse(404, 'Not Found\n');
}

function routeOf(rpc: Rpc, methods: V3Methods): Route {
  const call = methods[rpc.method] as (request: object, signal: AbortSignal) => Promise<object>;
  return {
    name: metricLabelOf(rpc.method),
    method: rpc.verb,
    path: rpc.path,
    scope: rpc.scope,
    renderError,
    async handle(request) {
      try {
        const message = await requestMessageOf(request, rpc);
        request.addLogDetails(logDetailsOf(message));
        return protoJsonResponse(200, await call(message, request.signal));
      } catch (error) {
        const rpcError = request.signal.aborted ? undefined : toRpcError(error);
        if (rpcError === undefined) throw error;
        return toErrorResponse(rpcError);
      }
    },
  };
}

async function requestMessageOf(request: ApiRequest, rpc: Rpc): Promise<object> {
  if (rpc.verb === 'POST') return decodeProtoJson(rpc.request, await bodyOf(request));
  const parameterOf = (name: string): string | undefined =>
    request.params[name] ?? request.query.get(name) ?? request.query.get(camelCase(name)) ?? undefined;
  const texts = Object.keys(rpc.request).map((name) => [name, parameterOf(name) ?? '']);
  const numbers = rpc.numbers.map((name) => [name, numberOf(parameterOf(name))]);
  return Object.fromEntries([...texts, ...numbers]) as object;
}

function numberOf(text: string | undefined): number {
  return text === undefined ? 0 : goParseInt32(text);
}

/** Parses the body; an empty body is an empty message. */
async function bodyOf(request: ApiRequest): Promise<unknown> {
  try {
    return parseGoJson(await request.body());
  } catch (error) {
    if (error instanceof GoJsonError && error.message === 'EOF') return undefined;
    throw error;
  }
}

function protoJsonResponse(
  status: number,
  message: object,
  headers: ApiResponse['headers'] = {},
): ApiResponse {
  const text = encodeProtoJson(message);
  return { status, headers, contentType: 'application/json', text, isNeverCompressed: true };
}

function toErrorResponse({ code: name, message, retryAfterSeconds, cause }: RpcError): ApiResponse {
  const { code, status } = rpcCodes[name];
  const response = protoJsonResponse(status, { error: message, code }, retryAfterHeader(retryAfterSeconds));
  return cause === undefined ? response : { ...response, cause };
}

/** Renders errors of the server itself in the format of this API. */
const renderError: ErrorRenderer = (status, message, headers) => {
  const { code, status: httpStatus } = rpcCodeForStatus(status);
  return protoJsonResponse(httpStatus, { error: message, code }, headers);
};

/** Returns the gRPC code for an HTTP status. 503 means a timeout here: other APIs use it for that. */
function rpcCodeForStatus(status: number): (typeof rpcCodes)[keyof typeof rpcCodes] {
  if (status === 503) return rpcCodes['deadline-exceeded'];
  return Object.values(rpcCodes).find((one) => one.status === status) ?? rpcCodes.internal;
}
