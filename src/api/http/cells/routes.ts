import { problemErrors, problemResponse } from '../fleet/problem.ts';
import { fleetPrefix, fleetRoutesHandledBy } from '../fleet/routes.ts';
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

/** The handlers of a server over several cells, by the names of the routes of a cell. */
const handlers: Readonly<Record<string, FrontHandler>> = {
  'api/v1/postImage': postImageToCell,
  'api/v1/getImages': getImagesOfCells,
  'api/v1/getReport': getReportOfCells,
  'api/v1/getRegistries': getRegistriesOfCells,
  'api/v1/postWalk': postWalkToCell,
  'api/v1/postWebhook': postWebhookToCell,
  'api/v1/getSummary': getSummaryOfCells,
  'api/v1/getJobs': getJobsOfCells,
  'api/v1/getJob': getJobOfCells,
  'api/v1/retryJob': retryJobOfCells,
};

/**
 * Returns the routers of a server over several cells: the routes of a cell. Those that belong to each cell alone get 501. `own` are routes
 * below `/api/v1` that need no cell.
 */
export function frontRouters(deps: FrontDeps, own: readonly Route[] = []): Router[] {
  const routes = fleetRoutesHandledBy((name) => {
    const handler = handlers[name] ?? answeredByCells;
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
