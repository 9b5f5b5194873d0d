import { limits } from '../../../core/limits.ts';
import type { DescribedRoute } from '../openapi.ts';
import type { ApiRequest, ApiResponse, Route, Scope } from '../route.ts';
import { notFoundResponse, plainRouter, type RoutePattern, type Router } from '../router.ts';
import { type AffectedManifestsDeps, postAffectedManifests } from './affected-manifests.ts';
import { v4Descriptions } from './descriptions.ts';
import { renderV4Error, toV4Error } from './errors.ts';
import {
  deleteIndexReport,
  deleteIndexReports,
  getIndexReport,
  getIndexState,
  type IndexerDeps,
  postIndexReport,
} from './indexer.ts';
import { getVulnerabilityReport, type MatcherDeps } from './matcher.ts';
import { acknowledgeNotification, getNotificationPage, type NotifierDeps } from './notifier.ts';
import { deleteUpdateOperation, getUpdateDiff, getUpdateOperations, type UpdatesDeps } from './updates.ts';

/** Dependencies of the routes of Clair's v4 API. */
export type V4Deps = IndexerDeps & MatcherDeps & NotifierDeps & UpdatesDeps & AffectedManifestsDeps;

type V4Handler = (request: ApiRequest, deps: V4Deps) => Promise<ApiResponse>;

type RouteEntry = readonly [name: string, method: string, path: string, handler: V4Handler, scope?: Scope];

const indexer = '/indexer/api/v1';
const matcher = '/matcher/api/v1';
const notifier = '/notifier/api/v1';

const routeTable: readonly RouteEntry[] = [
  ['getIndexState', 'GET', `${indexer}/index_state`, getIndexState],
  ['postIndexReport', 'POST', `${indexer}/index_report`, postIndexReport, 'scan'],
  ['deleteIndexReports', 'DELETE', `${indexer}/index_report`, deleteIndexReports],
  ['getIndexReport', 'GET', `${indexer}/index_report/:digest`, getIndexReport],
  ['deleteIndexReport', 'DELETE', `${indexer}/index_report/:digest`, deleteIndexReport],
  ['postAffectedManifests', 'POST', `${indexer}/internal/affected_manifest/`, postAffectedManifests, 'read'],
  // Clair's own description of the API has no slash at the end.
  ['postAffectedManifests', 'POST', `${indexer}/internal/affected_manifest`, postAffectedManifests, 'read'],
  ['getUpdateOperations', 'GET', `${matcher}/internal/update_operation`, getUpdateOperations],
  ['deleteUpdateOperation', 'DELETE', `${matcher}/internal/update_operation/:id`, deleteUpdateOperation],
  ['getUpdateDiff', 'GET', `${matcher}/internal/update_diff`, getUpdateDiff],
  ['getVulnerabilityReport', 'GET', `${matcher}/vulnerability_report/:digest`, getVulnerabilityReport],
  ['getNotification', 'GET', `${notifier}/notification/:id`, getNotificationPage],
  ['deleteNotification', 'DELETE', `${notifier}/notification/:id`, acknowledgeNotification],
];

/**
 * Returns a router for the Clair v4 API. A path of it with another method gets 405 as JSON. Other paths below its first segments get 404.
 * Unlike Clair, it neither redirects nor ignores segments.
 */
export function v4Router(deps: V4Deps): Router {
  const routes = routeTable.map((entry) => routeOf(entry, deps));
  return plainRouter(routes, (method, matching) =>
    matching.length === 0 ? notFoundResponse : renderV4Error(405, refusedMethodText(method, matching)),
  );
}

/** Returns the descriptions of the routes, each once. */
export function describedV4Routes(): DescribedRoute[] {
  const described = new Map<string, DescribedRoute>();
  for (const [name, method, path, , scope] of routeTable) {
    const description = v4Descriptions[name];
    if (description === undefined) throw new Error(`the route ${name} has no description`);
    const route = { name: `v4/${name}`, method, ...(scope !== undefined && { scope }) };
    if (!described.has(name)) described.set(name, { route, path, description });
  }
  return [...described.values()];
}

/** Returns the message of Clair's indexer, matcher or notifier. */
function refusedMethodText(method: string, [first]: readonly RoutePattern[]): string {
  const path = first?.route.path ?? '';
  if (path.startsWith(notifier)) return 'endpoint only allows GET or DELETE';
  const allowsGetOnly = path.startsWith(matcher) && !path.includes('/update_operation');
  return allowsGetOnly ? 'endpoint only allows GET' : `method disallowed: ${method}`;
}

function routeOf([name, method, path, handler, scope]: RouteEntry, deps: V4Deps): Route {
  return {
    name: `v4/${name}`,
    method,
    path,
    ...(scope !== undefined && { scope }),
    bodyBytesMax: limits.manifestBodyBytes,
    renderError: renderV4Error,
    translateError: toV4Error,
    handle: (request) => handler(request, deps),
  };
}
