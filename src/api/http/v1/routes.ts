import { metricsResponse } from '../../metrics.ts';
import type { DescribedRoute } from '../openapi.ts';
import type { Route, RouteHandler } from '../route.ts';
import type { V1Deps } from './deps.ts';
import { v1Descriptions } from './descriptions.ts';
import { toWireError } from './errors.ts';
import { deleteFixRoute, getFixesRoute, putFixRoute } from './fixes.ts';
import { deleteLayerRoute, getLayerRoute, postLayerRoute } from './layers.ts';
import { deleteNotificationRoute, getNotificationRoute } from './notifications.ts';
import {
  deleteVulnerabilityRoute,
  getVulnerabilityRoute,
  listNamespacesRoute,
  listVulnerabilitiesRoute,
  postVulnerabilityRoute,
  putVulnerabilityRoute,
} from './vulnerabilities.ts';

type Handler = (deps: V1Deps) => RouteHandler;

const vulnerabilities = '/namespaces/:namespace/vulnerabilities';
const vulnerability = `${vulnerabilities}/:name`;

type RouteEntry = readonly [
  name: keyof typeof v1Descriptions,
  method: string,
  path: string,
  handlerWith: Handler,
  scope?: NonNullable<Route['scope']>,
];

const routeTable: readonly RouteEntry[] = [
  ['postLayer', 'POST', '/layers', postLayerRoute, 'scan'],
  ['getLayer', 'GET', '/layers/:name', getLayerRoute],
  ['deleteLayer', 'DELETE', '/layers/:name', deleteLayerRoute],
  ['getNamespaces', 'GET', '/namespaces', listNamespacesRoute],
  ['getVulnerabilities', 'GET', vulnerabilities, listVulnerabilitiesRoute],
  ['postVulnerability', 'POST', vulnerabilities, postVulnerabilityRoute],
  ['getVulnerability', 'GET', vulnerability, getVulnerabilityRoute],
  ['putVulnerability', 'PUT', vulnerability, putVulnerabilityRoute],
  ['deleteVulnerability', 'DELETE', vulnerability, deleteVulnerabilityRoute],
  ['getFixes', 'GET', `${vulnerability}/fixes`, getFixesRoute],
  ['putFix', 'PUT', `${vulnerability}/fixes/:feature`, putFixRoute],
  ['deleteFix', 'DELETE', `${vulnerability}/fixes/:feature`, deleteFixRoute],
  ['getNotification', 'GET', '/notifications/:name', getNotificationRoute],
  ['deleteNotification', 'DELETE', '/notifications/:name', deleteNotificationRoute],
  [
    'getMetrics',
    'GET',
    '/metrics',
    ({ metrics }) =>
      () =>
        metricsResponse(metrics),
  ],
];

/** Returns the routes of the Clair v1 API, below `/v1`. */
export function v1Routes(deps: V1Deps): Route[] {
  return routeTable.map(([name, method, path, handlerWith, scope]) => ({
    name: `v1/${name}`,
    method,
    path,
    ...(scope !== undefined && { scope }),
    translateError: toWireError,
    handle: handlerWith(deps),
  }));
}

/** Returns the descriptions of these routes. */
export function describedV1Routes(): DescribedRoute[] {
  return routeTable.map(([name, method, path, , scope]) => ({
    route: { name: `v1/${name}`, method, ...(scope !== undefined && { scope }) },
    path: `/v1${path}`,
    description: v1Descriptions[name],
  }));
}
