import * as z from 'zod/mini';
import { findFindingTotal } from '../../../service/finding-counts/list-totals.ts';
import { knownTagOf } from '../../../service/images/find-known-images.ts';
import type { FindingFilter, FindingPlace, FleetFinding } from '../../../store/finding-index-store.ts';
import { parseQuery } from '../native/query.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import type { CsvColumns } from './csv.ts';
import {
  findingParameters,
  fixedVersionOf,
  limitParameter,
  repositoryParameter,
  textParameter,
  toPackageJson,
} from './filters.ts';
import { findingsDescription } from './finding-descriptions.ts';
import type { FleetDeps, FleetRoute } from './fleet-route.ts';
import { listResponse, type RowList } from './list-response.ts';
import { pageCursor } from './page-cursor.ts';
import { readableImages } from './visible-image.ts';

const cursor = pageCursor<FindingPlace>('findings', z.tuple([z.int(), z.string(), z.string(), z.int()]));

const query = z.strictObject({
  limit: limitParameter,
  after: z.optional(cursor.parameter),
  image: textParameter,
  repository: repositoryParameter,
  vulnerability: textParameter,
  package: textParameter,
  sourcePackage: textParameter,
  namespace: textParameter,
  ...findingParameters,
});

/**
 * `GET /findings`: returns a page of the findings of the fleet, of a repository or of an image. The cost depends on the size of the page; for a
 * repository, on the findings of its images.
 */
async function getFindingsRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { limit, after, ...wanted } = parseQuery(request, query);
  const filter = await filterOf(wanted, request, deps);
  const list: RowList<FleetFinding, FindingPlace> = {
    name: 'findings',
    read: async (page) => {
      const { findings, next } = await deps.store.findingIndex.pageFindings(filter, page);
      return { rows: findings, next };
    },
    toJson: toFindingJson,
    columns,
    nextOf: cursor.write,
    // A token that is limited to repositories always gives a repository or an image, of which there is no number.
    head: async () => ({ total: (await findFindingTotal(filter, deps.store)) ?? null }),
  };
  return await listResponse(list, { limit, after }, { request, listLimiter: deps.listLimiter });
}

type Wanted = Omit<z.infer<typeof query>, 'limit' | 'after'>;

async function filterOf(
  { image, repository, fixable: isFixable, exploited: isExploited, ...same }: Wanted,
  request: ApiRequest,
  { store }: FleetDeps,
): Promise<FindingFilter> {
  const named = repository === undefined ? undefined : knownTagOf(repository).repository;
  checkAccess({ image, repository: named }, request);
  const images =
    image === undefined
      ? undefined
      : (await readableImages(image, { request, store })).map((known) => known.image);
  return { ...same, repository: named, images, isFixable, isExploited };
}

/** A token that is limited to repositories reads findings of one of them, or of an image that it may read. */
function checkAccess(
  { image, repository }: Pick<Wanted, 'image' | 'repository'>,
  { repositories }: ApiRequest,
): void {
  if (repositories === undefined) return;
  if (repository !== undefined ? repositories.allows(repository) : image !== undefined) return;
  throw new WireError(403, 'this token is limited to repositories: give one of them, or an image');
}

function toFindingJson({ package: item, exploited, ...finding }: FleetFinding): object {
  const { vulnerability, severity, epss, fix, images } = finding;
  const { namespace } = item;
  return { vulnerability, severity, exploited, epss, namespace, package: toPackageJson(item), fix, images };
}

const columns: CsvColumns<FleetFinding> = {
  vulnerability: ({ vulnerability }) => vulnerability,
  severity: ({ severity }) => severity,
  exploited: ({ exploited }) => exploited,
  epss: ({ epss }) => epss,
  namespace: ({ package: item }) => item.namespace,
  type: ({ package: item }) => item.type,
  package: ({ package: item }) => item.name,
  version: ({ package: item }) => item.version,
  purl: ({ package: item }) => item.purl,
  sourcePackage: ({ package: item }) => item.source,
  fix: ({ fix }) => fix.state,
  fixedVersion: ({ fix }) => fixedVersionOf(fix),
  images: ({ images }) => images,
};

/** The routes of `/api/v1` that list findings. */
export const findingRoutes: readonly FleetRoute[] = [
  {
    name: 'api/v1/getFindings',
    method: 'GET',
    path: '/findings',
    checksRepositories: true,
    handler: getFindingsRoute,
    description: findingsDescription,
  },
];
