import { limits } from '../../../core/limits.ts';
import type { DescribedRoute } from '../openapi.ts';
import type { Route, RouteHandler } from '../route.ts';
import { advisoryRoutes } from './advisories.ts';
import { ageRoutes } from './ages.ts';
import { baseRoutes } from './bases.ts';
import { changeRoutes } from './changes.ts';
import {
  auditDescription,
  deleteSuppressionDescription,
  imagesDescription,
  jobDescription,
  jobsDescription,
  postImageDescription,
  putSuppressionDescription,
  reachedDescription,
  registriesDescription,
  reportDescription,
  retryDescription,
  summaryDescription,
  suppressionDescription,
  suppressionsDescription,
  walkDescription,
  webhookDescription,
} from './descriptions.ts';
import { digestRoutes } from './digest.ts';
import { findingRoutes } from './findings.ts';
import type { FleetDeps, FleetHandler, FleetRoute } from './fleet-route.ts';
import { getImagesRoute } from './image-list.ts';
import { getReachedRoute, getReportRoute } from './images.ts';
import { getJobRoute, postImageRoute, retryJobRoute } from './jobs.ts';
import { knowledgeRoutes } from './knowledge.ts';
import { notificationRoutes } from './notifications.ts';
import { packageRoutes } from './packages.ts';
import { problemErrors } from './problem.ts';
import { questionRoutes } from './questions.ts';
import { getJobsRoute, getRegistriesRoute, postWalkRoute } from './registries.ts';
import { getRuleExportRoute } from './rule-export.ts';
import { ruleExportDescription } from './statement-descriptions.ts';
import { statementRoutes } from './statements.ts';
import { getSummaryRoute } from './summary.ts';
import {
  deleteSuppressionRoute,
  getAuditRoute,
  getSuppressionRoute,
  getSuppressionsRoute,
  putSuppressionRoute,
} from './suppressions.ts';
import { upgradeRoutes } from './upgrades.ts';
import { postWebhookRoute } from './webhooks.ts';

/** The path below which the routes are. */
export const fleetPrefix = '/api/v1';

const routes: readonly FleetRoute[] = [
  {
    name: 'api/v1/postImage',
    method: 'POST',
    path: '/images',
    scope: 'scan',
    checksRepositories: true,
    handler: postImageRoute,
    description: postImageDescription,
  },
  {
    name: 'api/v1/getImages',
    method: 'GET',
    path: '/images',
    checksRepositories: true,
    handler: getImagesRoute,
    description: imagesDescription,
  },
  {
    name: 'api/v1/getReport',
    method: 'GET',
    path: '/images/:digest/report',
    checksRepositories: true,
    handler: getReportRoute,
    description: reportDescription,
  },
  {
    name: 'api/v1/getSummary',
    method: 'GET',
    path: '/summary',
    handler: getSummaryRoute,
    description: summaryDescription,
  },
  {
    name: 'api/v1/getReached',
    method: 'GET',
    path: '/reached',
    handler: getReachedRoute,
    description: reachedDescription,
  },
  {
    name: 'api/v1/getRegistries',
    method: 'GET',
    path: '/registries',
    handler: getRegistriesRoute,
    description: registriesDescription,
  },
  {
    name: 'api/v1/postWalk',
    method: 'POST',
    path: '/registries/:name/walk',
    scope: 'scan',
    handler: postWalkRoute,
    description: walkDescription,
  },
  {
    name: 'api/v1/postWebhook',
    method: 'POST',
    path: '/webhooks/:registry',
    checksAccess: true,
    handler: postWebhookRoute,
    description: webhookDescription,
  },
  {
    name: 'api/v1/getJobs',
    method: 'GET',
    path: '/jobs',
    handler: getJobsRoute,
    description: jobsDescription,
  },
  {
    name: 'api/v1/getJob',
    method: 'GET',
    path: '/jobs/:id',
    checksRepositories: true,
    handler: getJobRoute,
    description: jobDescription,
  },
  {
    name: 'api/v1/retryJob',
    method: 'POST',
    path: '/jobs/:id/retry',
    scope: 'scan',
    checksRepositories: true,
    handler: retryJobRoute,
    description: retryDescription,
  },
  {
    name: 'api/v1/getSuppressions',
    method: 'GET',
    path: '/suppressions',
    handler: getSuppressionsRoute,
    description: suppressionsDescription,
  },
  {
    name: 'api/v1/getSuppression',
    method: 'GET',
    path: '/suppressions/:name',
    handler: getSuppressionRoute,
    description: suppressionDescription,
  },
  {
    name: 'api/v1/getRuleExport',
    method: 'GET',
    path: '/suppressions/:name/openvex',
    handler: getRuleExportRoute,
    description: ruleExportDescription,
  },
  {
    name: 'api/v1/putSuppression',
    method: 'PUT',
    path: '/suppressions/:name',
    scope: 'triage',
    bodyBytesMax: limits.ignoreFileBytes,
    handler: putSuppressionRoute,
    description: putSuppressionDescription,
  },
  {
    name: 'api/v1/deleteSuppression',
    method: 'DELETE',
    path: '/suppressions/:name',
    scope: 'triage',
    handler: deleteSuppressionRoute,
    description: deleteSuppressionDescription,
  },
  {
    name: 'api/v1/getAudit',
    method: 'GET',
    path: '/audit',
    scope: 'admin',
    handler: getAuditRoute,
    description: auditDescription,
  },
  ...questionRoutes,
  ...knowledgeRoutes,
  ...ageRoutes,
  ...changeRoutes,
  ...digestRoutes,
  ...findingRoutes,
  ...statementRoutes,
  ...advisoryRoutes,
  ...packageRoutes,
  ...notificationRoutes,
  ...upgradeRoutes,
  ...baseRoutes,
];

/** Returns the routes of `/api/v1`. */
export function fleetRoutes(deps: FleetDeps): Route[] {
  return routes.map(({ handler, description: _, ...route }) => ({
    ...route,
    ...problemErrors,
    handle: (request) => handler(request, deps),
  }));
}

/** Returns the same routes with other handlers, by those of a cell. They refuse tokens that are limited to repositories. */
export function fleetRoutesHandledBy(handlerOf: (ofCell: FleetHandler) => RouteHandler): Route[] {
  return routes.map(({ handler, description: _, checksRepositories: __, ...route }) => ({
    ...route,
    ...problemErrors,
    handle: handlerOf(handler),
  }));
}

/** Returns the descriptions of the routes of `/api/v1`. */
export function describedFleetRoutes(): DescribedRoute[] {
  return routes.map((route) => ({
    route,
    path: fleetPrefix + route.path,
    description: route.description,
  }));
}
