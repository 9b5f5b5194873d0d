import * as z from 'zod/mini';
import { findPackageVersions } from '../../../service/fleet/package-versions.ts';
import { toKnownJson } from '../../../service/images/find-known-images.ts';
import type { FleetPackage, PackageNamePlace } from '../../../store/finding-index-store.ts';
import { parseQuery } from '../native/query.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import type { CsvColumns } from './csv.ts';
import { limitParameter, textParameter } from './filters.ts';
import type { FleetDeps, FleetRoute } from './fleet-route.ts';
import { listResponse, type RowList } from './list-response.ts';
import {
  packagesDescription,
  packageVersionsDescription,
  searchDescription,
} from './package-descriptions.ts';
import { pageCursor } from './page-cursor.ts';
import { jsonResponse } from './problem.ts';

const cursor = pageCursor<PackageNamePlace>('packages', z.tuple([z.string(), z.int()]));

const listQuery = z.strictObject({
  limit: limitParameter,
  after: z.optional(cursor.parameter),
  q: textParameter,
  namespace: textParameter,
});

/** `GET /packages`: returns a page of the package names of the fleet. With `q`, it is one pass over the names at most. */
async function getPackagesRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { limit, after, q: text, namespace } = parseQuery(request, listQuery);
  const list: RowList<FleetPackage, PackageNamePlace> = {
    name: 'packages',
    read: async (page) => {
      const { packages, next } = await deps.store.findingIndex.pagePackages({ text, namespace }, page);
      return { rows: packages, next };
    },
    toJson: (row) => row,
    columns,
    nextOf: cursor.write,
  };
  return await listResponse(list, { limit, after }, { request, listLimiter: deps.listLimiter });
}

const columns: CsvColumns<FleetPackage> = {
  namespace: ({ namespace }) => namespace,
  name: ({ name }) => name,
  versions: ({ versions }) => versions,
  images: ({ images }) => images,
  worst: ({ worst }) => worst,
};

const required = z.string('must be given once').check(z.minLength(1, 'must not be empty'));
const versionsQuery = z.strictObject({ namespace: required, name: required });

/** `GET /packages/versions`: returns the versions of a package in the fleet, with the ranges of advisories that cover them. */
async function getPackageVersionsRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const named = parseQuery(request, versionsQuery);
  const found = await deps.listLimiter.run(request.signal, () => findPackageVersions(named, deps));
  if (found === undefined)
    throw new WireError(404, `no image has a package ${named.name} of ${named.namespace}`);
  const { ranges, ...versions } = found;
  const shown = ranges.map(({ isConditional: conditional, ...range }) => ({ ...range, conditional }));
  return jsonResponse(200, { ...versions, ranges: shown });
}

const searchQuery = z.strictObject({ q: required });

/** Number of results of each kind. */
const resultsPerKind = 5;

/** `GET /search`: returns the first images, vulnerabilities and packages whose names contain a text. Costs one pass over each kind of names. */
async function getSearchRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { q: text } = parseQuery(request, searchQuery);
  const page = { limit: resultsPerKind };
  const { findingIndex } = deps.store;
  const document = await deps.listLimiter.run(request.signal, async () => {
    const { images } = await findingIndex.pageImages({ text }, { ...page, order: 'seen' });
    const { vulnerabilities } = await findingIndex.pageVulnerabilities(
      { text },
      { ...page, order: 'severity' },
    );
    const { packages } = await findingIndex.pagePackages({ text }, page);
    return {
      images: images.map(({ image }) => toKnownJson(image)),
      advisories: vulnerabilities.map(({ isFixable: fixable, ...one }) => ({ ...one, fixable })),
      packages,
    };
  });
  return jsonResponse(200, document);
}

/** The routes of `/api/v1` about packages, and the search. */
export const packageRoutes: readonly FleetRoute[] = [
  {
    name: 'api/v1/getPackages',
    method: 'GET',
    path: '/packages',
    handler: getPackagesRoute,
    description: packagesDescription,
  },
  {
    name: 'api/v1/getPackageVersions',
    method: 'GET',
    path: '/packages/versions',
    handler: getPackageVersionsRoute,
    description: packageVersionsDescription,
  },
  {
    name: 'api/v1/getSearch',
    method: 'GET',
    path: '/search',
    handler: getSearchRoute,
    description: searchDescription,
  },
];
