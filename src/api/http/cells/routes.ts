import type { FleetHandler } from '../fleet/fleet-route.ts';
import { getImagesRoute } from '../fleet/image-list.ts';
import { getReportRoute } from '../fleet/images.ts';
import { getJobRoute, postImageRoute, retryJobRoute } from '../fleet/jobs.ts';
import { problemErrors, problemResponse } from '../fleet/problem.ts';
import { getJobsRoute, getRegistriesRoute, postWalkRoute } from '../fleet/registries.ts';
import { fleetPrefix, fleetRoutesHandledBy } from '../fleet/routes.ts';
import { getSummaryRoute } from '../fleet/summary.ts';
import { postWebhookRoute } from '../fleet/webhooks.ts';
import { affectedRoute } from '../native/routes.ts';
import type { ApiRequest, ApiResponse, Route } from '../route.ts';
import { type Router, routerOf } from '../router.ts';
import {
  type FrontDeps,
  getJobOfCells,
  getRegistriesOfCells,
  getReportOfCells,
  postImageToCell,
  postWalkToCell,
  postWebhookToCell,
  retryJobOfCells,
} from './forwarded.ts';
import { getAffectedOfCells, getImagesOfCells, getJobsOfCells } from './lists.ts';
import { getSummaryOfCells } from './summary.ts';

type FrontHandler = (request: ApiRequest, deps: FrontDeps) => Promise<ApiResponse>;

/** The handlers of a server over several cells, by those of a cell. */
const handlers: ReadonlyMap<FleetHandler, FrontHandler> = new Map<FleetHandler, FrontHandler>([
  [postImageRoute, postImageToCell],
  [getImagesRoute, getImagesOfCells],
  [getReportRoute, getReportOfCells],
  [getRegistriesRoute, getRegistriesOfCells],
  [postWalkRoute, postWalkToCell],
  [postWebhookRoute, postWebhookToCell],
  [getSummaryRoute, getSummaryOfCells],
  [getJobsRoute, getJobsOfCells],
  [getJobRoute, getJobOfCells],
  [retryJobRoute, retryJobOfCells],
]);

/**
 * Returns the routers of a server over several cells: the routes of a cell. Those that belong to each cell alone get 501. `own` are routes
 * below `/api/v1` that need no cell.
 */
export function frontRouters(deps: FrontDeps, own: readonly Route[] = []): Router[] {
  const routes = fleetRoutesHandledBy((ofCell) => {
    const handler = handlers.get(ofCell) ?? answeredByCells;
    return (request) => handler(request, deps);
  });
  const affected = {
    ...affectedRoute,
    ...problemErrors,
    handle: (request: ApiRequest) => getAffectedOfCells(request, deps),
  };
  return [routerOf(fleetPrefix, [...own, ...routes]), routerOf('', [affected])];
}

function answeredByCells(): Promise<ApiResponse> {
  return Promise.resolve(problemResponse(501, 'this server is over several cells: ask a cell'));
}
