import { metricsAnswer } from '../../metrics.ts';
import type { ApiAnswer, ApiRequest, Route } from '../exchange.ts';
import type { DescribedRoute } from '../openapi.ts';
import { v1Descriptions } from './descriptions.ts';
import { inWireWords } from './faults.ts';
import { deleteFixRoute, getFixesRoute, putFixRoute } from './fixes.ts';
import { deleteLayerRoute, getLayerRoute, postLayerRoute } from './layers.ts';
import { listNamespacesRoute } from './namespaces.ts';
import { deleteNotificationRoute, getNotificationRoute } from './notifications.ts';
import type { V1Room } from './room.ts';
import {
  deleteVulnerabilityRoute,
  getVulnerabilityRoute,
  listVulnerabilitiesRoute,
  postVulnerabilityRoute,
  putVulnerabilityRoute,
} from './vulnerabilities.ts';

type Handler = (request: ApiRequest, room: V1Room) => Promise<ApiAnswer>;

const vulnerabilities = '/namespaces/:namespace/vulnerabilities';
const vulnerability = `${vulnerabilities}/:name`;

type Entry = readonly [
  name: keyof typeof v1Descriptions,
  method: string,
  path: string,
  handle: Handler,
  scope?: NonNullable<Route['scope']>,
];

const table: readonly Entry[] = [
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
  ['getMetrics', 'GET', '/metrics', (_, { metrics }) => metricsAnswer(metrics)],
];

/** The routes of Clair's first API, below `/v1`. */
export function v1Routes(room: V1Room): Route[] {
  return table.map(([name, method, path, handle, scope]) => ({
    name: `v1/${name}`,
    method,
    path,
    ...(scope !== undefined && { scope }),
    async handle(request) {
      try {
        return await handle(request, room);
      } catch (error) {
        throw inWireWords(error);
      }
    },
  }));
}

/** What these routes are for. */
export function describedV1Routes(): DescribedRoute[] {
  return table.map(([name, method, path, , scope]) => ({
    route: { name: `v1/${name}`, method, ...(scope !== undefined && { scope }) },
    path: `/v1${path}`,
    description: v1Descriptions[name],
  }));
}
