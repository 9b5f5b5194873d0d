import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import { type Access, type AccessDecision, type ConfiguredTokens, decideByGrant } from '../access.ts';
import { jsonResponse, problemErrors } from '../fleet/problem.ts';
import { fleetPrefix } from '../fleet/routes.ts';
import { parseQuery } from '../native/query.ts';
import type { DescribedRoute } from '../openapi.ts';
import { type ApiRequest, type ApiResponse, badRequest, type Route, WireError } from '../route.ts';
import { getCallbackRoute, getSignInRoute, type OidcDeps } from './oidc-routes.ts';
import type { SealedCookie } from './sealed-cookie.ts';
import type { BrowserSession } from './session-access.ts';
import {
  callbackDescription,
  deleteSessionDescription,
  getSessionDescription,
  postSessionDescription,
  signInDescription,
} from './session-descriptions.ts';

/** Dependencies of the routes of sessions. */
export interface SessionDeps {
  readonly access: Access;
  readonly tokens: ConfiguredTokens;
  /** Undefined if the server needs no credentials. */
  readonly cookie: SealedCookie<BrowserSession> | undefined;
  /** Undefined without a provider of identities. */
  readonly oidc: OidcDeps | undefined;
  /** In milliseconds since 1970. */
  readonly now: () => number;
  /** Of this program. */
  readonly version: string;
}

type Handler = (request: ApiRequest, deps: SessionDeps) => Promise<ApiResponse>;

/** These routes are how a browser gets a session, so they decide on access themselves. They change no stored data. */
const own = { checksAccess: true, scope: 'read' } as const;

const routes: readonly (Omit<Route, 'handle'> & {
  readonly handler: Handler;
  readonly description: DescribedRoute['description'];
})[] = [
  {
    name: 'api/v1/getSession',
    method: 'GET',
    path: '/session',
    ...own,
    handler: getSessionRoute,
    description: getSessionDescription,
  },
  {
    name: 'api/v1/postSession',
    method: 'POST',
    path: '/session',
    ...own,
    bodyBytesMax: limits.sessionBodyBytes,
    handler: postSessionRoute,
    description: postSessionDescription,
  },
  {
    name: 'api/v1/deleteSession',
    method: 'DELETE',
    path: '/session',
    ...own,
    handler: deleteSessionRoute,
    description: deleteSessionDescription,
  },
  {
    name: 'api/v1/getSignIn',
    method: 'GET',
    path: '/session/sign-in',
    ...own,
    handler: getSignInRoute,
    description: signInDescription,
  },
  {
    name: 'api/v1/getCallback',
    method: 'GET',
    path: '/session/callback',
    ...own,
    handler: getCallbackRoute,
    description: callbackDescription,
  },
];

/** Returns the routes of sessions below `/api/v1`. */
export function sessionRoutes(deps: SessionDeps): Route[] {
  return routes.map(({ handler, description: _, ...route }) => ({
    ...route,
    ...problemErrors,
    handle: (request) => handler(request, deps),
  }));
}

/** Returns the descriptions of the routes of sessions. */
export function describedSessionRoutes(): DescribedRoute[] {
  return routes.map((route) => ({
    route,
    path: fleetPrefix + route.path,
    description: route.description,
  }));
}

const noQuery = z.strictObject({});

/** `GET /session`: returns who the client is, and how a browser can sign in. */
function getSessionRoute(request: ApiRequest, deps: SessionDeps): Promise<ApiResponse> {
  parseQuery(request, noQuery);
  const { headers } = request;
  return stateResponse(deps.access.authorize(headers.authorization, undefined, headers), deps);
}

/** `POST /session`: signs a browser in with a token of the server. */
async function postSessionRoute(request: ApiRequest, deps: SessionDeps): Promise<ApiResponse> {
  parseQuery(request, noQuery);
  const { tokens, cookie, now } = deps;
  if (cookie === undefined || tokens.count === 0)
    throw new WireError(409, 'this server has no tokens to sign in with');
  const granted = tokens.find(tokenIn(await request.body()));
  if (granted === undefined) throw new WireError(401, 'this is not a token of the server');
  const decision = decideByGrant(granted, undefined, now());
  if (decision.refusal !== undefined) throw new WireError(401, 'this token has expired');
  request.addLogDetails({ signedIn: granted.name });
  return stateResponse(decision, deps, cookie.write({ token: granted.sum }));
}

const sessionBody = z.strictObject({ token: z.string().check(z.minLength(1)) });

/** Returns the token in a body. The messages never have a part of the body. */
function tokenIn(body: Buffer): string {
  const { data } = z.safeParse(sessionBody, parseJson(body));
  if (data === undefined) throw badRequest('the body must be {"token": "…"}');
  return data.token;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return undefined;
  }
}

/** `DELETE /session`: makes the browser forget its session. */
function deleteSessionRoute(request: ApiRequest, { cookie }: SessionDeps): Promise<ApiResponse> {
  parseQuery(request, noQuery);
  const headers = cookie === undefined ? {} : { 'Set-Cookie': cookie.clear() };
  return Promise.resolve({ status: 204, headers });
}

/** Returns who a client is. An unknown client gets only how to sign in. */
function stateResponse(
  { token, scope, repositories, refusal }: AccessDecision,
  { access, tokens, oidc, now, version }: SessionDeps,
  setCookie?: string,
): Promise<ApiResponse> {
  const isKnown = refusal === undefined;
  const state = {
    client: isKnown ? (token ?? null) : null,
    scope: isKnown ? (scope ?? 'admin') : null,
    limited: repositories !== undefined,
    signIn: { token: !access.isOpen && tokens.count > 0, oidc: oidc !== undefined },
    at: new Date(now()).toISOString(),
    version: isKnown ? version : null,
  };
  const headers = {
    'Cache-Control': 'no-store',
    ...(setCookie !== undefined && { 'Set-Cookie': setCookie }),
  };
  return Promise.resolve(jsonResponse(200, state, headers));
}
