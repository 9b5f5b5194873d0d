import { parseGoQuery } from '../go-query.ts';
import type { ApiRequest, ApiResponse, Route, Scope } from '../route.ts';
import {
  decodePathSegment,
  matchPattern,
  notFoundResponse,
  plainTextResponse,
  type RoutePattern,
  type Router,
  splitTarget,
  toRoutePattern,
} from '../router.ts';
import { renderV4Error, toV4Error, v4ErrorResponse } from './errors.ts';
import {
  deleteIndexReport,
  deleteIndexReports,
  getIndexReport,
  getIndexState,
  type IndexerDeps,
  postIndexReport,
} from './indexer.ts';
import { getVulnerabilityReport, type MatcherDeps } from './matcher.ts';

/** Dependencies of the routes of Clair's v4 API. */
export type V4Deps = IndexerDeps & MatcherDeps;

type V4Handler = (request: ApiRequest, deps: V4Deps) => Promise<ApiResponse>;

type RouteEntry = readonly [name: string, method: string, path: string, handler: V4Handler, scope?: Scope];

const indexer = '/indexer/api/v1';
const matcher = '/matcher/api/v1';

const routeTable: readonly RouteEntry[] = [
  ['getIndexState', 'GET', `${indexer}/index_state`, getIndexState],
  ['postIndexReport', 'POST', `${indexer}/index_report`, postIndexReport, 'scan'],
  ['deleteIndexReports', 'DELETE', `${indexer}/index_report`, deleteIndexReports],
  ['getIndexReport', 'GET', `${indexer}/index_report/:digest`, getIndexReport],
  ['deleteIndexReport', 'DELETE', `${indexer}/index_report/:digest`, deleteIndexReport],
  ['getVulnerabilityReport', 'GET', `${matcher}/vulnerability_report/:digest`, getVulnerabilityReport],
];

/**
 * Returns a router for the Clair v4 API. A path of it with another method gets 405 as JSON. The last parameter of a path may be empty. Other
 * paths below its first segments get 404. Unlike Clair, it neither redirects nor ignores segments.
 */
export function v4Router(deps: V4Deps): Router {
  const patterns = routeTable.map((entry) => toRoutePattern(routeOf(entry, deps)));
  const firstParts = new Set(patterns.map(({ parts: [first] }) => first));
  return (method, target) => {
    const { path, query } = splitTarget(target);
    const parts = path.split('/').slice(1);
    if (!path.startsWith('/') || !firstParts.has(parts[0])) return undefined;
    const decoded = parts.map(decodePathSegment);
    if (!decoded.every((part) => part !== undefined))
      return respond(plainTextResponse(400, '400 Bad Request'));
    const matching = patterns.flatMap(
      (pattern) => matchPattern(pattern, decoded, { mayBeEmpty: true }) ?? [],
    );
    if (matching.length === 0) return respond(notFoundResponse);
    const match = matching.find(({ route }) => route.method === method);
    if (match === undefined) return respond(renderV4Error(405, refusedMethodText(method, matching)));
    const { route, params } = match;
    return { kind: 'route', route, pattern: route.path, params, query: parseGoQuery(query) };
  };
}

/** Returns the message of Clair's indexer, or of its matcher. */
function refusedMethodText(method: string, [first]: readonly RoutePattern[]): string {
  const isOfMatcher = first?.route.path.startsWith(matcher) === true;
  return isOfMatcher ? 'endpoint only allows GET' : `method disallowed: ${method}`;
}

function respond(response: ApiResponse): ReturnType<Router> {
  return { kind: 'answer', response };
}

function routeOf([name, method, path, handler, scope]: RouteEntry, deps: V4Deps): Route {
  return {
    ...{ name: `v4/${name}`, method, path },
    ...(scope !== undefined && { scope }),
    renderError: renderV4Error,
    async handle(request) {
      try {
        return await handler(request, deps);
      } catch (error) {
        const v4Error = request.signal.aborted ? undefined : toV4Error(error);
        if (v4Error === undefined) throw error;
        return v4ErrorResponse(v4Error);
      }
    },
  };
}
