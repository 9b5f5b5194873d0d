import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import { walkJobOf } from '../../../service/registries/keep-watched.ts';
import type { WatchedRegistry } from '../../../service/registries/watched-registry.ts';
import type { Store } from '../../../store/store.ts';
import { registryStateOf } from '../../../store/watch-store.ts';
import { integerParameter, parseQuery, partialParameter } from '../native/query.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import type { FleetDeps } from './fleet-route.ts';
import { toJobJson } from './jobs.ts';
import { jsonResponse } from './problem.ts';

/** `GET /registries`: returns the state of each watched registry. */
export async function getRegistriesRoute(
  _request: ApiRequest,
  { store, watched }: { readonly store: Store; readonly watched: readonly WatchedRegistry[] },
): Promise<ApiResponse> {
  const walks = new Map((await store.watches.findWalks()).map((walk) => [walk.name, walk]));
  const failed = await store.scanJobs.countFailed();
  const registries = watched.map(({ name, registry }) => {
    const walk = walks.get(name);
    const { name: _name, registry: _registry, ...last } = walk ?? {};
    return {
      name,
      registry,
      state: registryStateOf(walk),
      failedScans: failed.get(registry) ?? 0,
      lastWalk: walk === undefined ? null : last,
    };
  });
  return jsonResponse(200, { registries });
}

/** `POST /registries/:name/walk`: makes the walk of a registry due now. */
export async function postWalkRoute(
  { params }: ApiRequest,
  { store, watched, announceWork }: FleetDeps,
): Promise<ApiResponse> {
  const name = params['name'] ?? '';
  const registry = watched.find((each) => each.name === name && each.intervalMs > 0);
  if (registry === undefined) throw new WireError(404, `no registry ${name} is walked`);
  await store.watches.requestWalk(name);
  await store.jobs.schedule([walkJobOf(name)]);
  announceWork();
  return jsonResponse(202, { name, registry: registry.registry });
}

/** `GET /jobs`: lists failed scans. */
export async function getJobsRoute(request: ApiRequest, { store }: FleetDeps): Promise<ApiResponse> {
  const { limit, after, registry } = parseQuery(request, jobsQuery);
  const jobs = await store.scanJobs.findFailed({ limit: limit + 1, after, registry });
  const page = jobs.slice(0, limit);
  const next = jobs.length > limit ? page.at(-1)?.id : undefined;
  return jsonResponse(200, { jobs: page.map(toJobJson), ...(next !== undefined && { next }) });
}

const jobsPerPage = 100;

const jobsQuery = z.strictObject({
  state: z.literal('failed', 'must be failed'),
  registry: z.optional(z.string('must be given once')),
  partial: partialParameter,
  limit: z._default(integerParameter(1, limits.affectedPerPage), jobsPerPage),
  after: z.optional(z.string('must be given once')),
});
