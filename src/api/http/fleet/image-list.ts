import * as z from 'zod/mini';
import { severities } from '../../../model/severity.ts';
import { findImagesBySource } from '../../../service/finding-counts/images-by-source.ts';
import { findImageTotal, type ImageTotal } from '../../../service/finding-counts/list-totals.ts';
import { findUnassessedNamespaces } from '../../../service/finding-counts/unassessed-fleet.ts';
import { unassessedReasons } from '../../../service/fleet/unassessed-images.ts';
import { knownTagOf, toKnownJson } from '../../../service/images/find-known-images.ts';
import type {
  FleetImage,
  FleetImageFilter,
  FleetImagePlace,
  ImageFindings,
  ImageOrder,
} from '../../../store/finding-index-store.ts';
import { integerParameter, parseQuery, partialParameter } from '../native/query.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import type { CsvColumns } from './csv.ts';
import {
  findingParameters,
  flagParameter,
  labelOf,
  limitParameter,
  repositoryParameter,
  textParameter,
} from './filters.ts';
import type { FleetDeps } from './fleet-route.ts';
import { filterForReader, pageReadable } from './image-pages.ts';
import { listResponse, type RowList } from './list-response.ts';
import { pageCursor } from './page-cursor.ts';

/** Without an order, a page ends with the number of an image, which servers over several cells can read. */
const numberPlace: z.ZodMiniType<FleetImagePlace> = z.pipe(
  integerParameter(0, Number.MAX_SAFE_INTEGER),
  z.transform((number): FleetImagePlace => [0, number]),
);

const place = z.tuple([z.int(), z.int()]);
const cursors = {
  seen: pageCursor<FleetImagePlace>('images seen', place),
  risk: pageCursor<FleetImagePlace>('images risk', place),
};

const filterParameters = {
  limit: limitParameter,
  repository: repositoryParameter,
  untagged: flagParameter,
  q: textParameter,
  namespace: textParameter,
  upgrade: textParameter,
  vulnerability: textParameter,
  purl: textParameter,
  source: textParameter,
  label: textParameter,
  ...findingParameters,
  partial: partialParameter,
  assessed: flagParameter,
};

const queries = {
  number: z.strictObject({ ...filterParameters, after: z.optional(numberPlace) }),
  seen: z.strictObject({
    ...filterParameters,
    sort: z.literal('seen'),
    after: z.optional(cursors.seen.parameter),
  }),
  risk: z.strictObject({
    ...filterParameters,
    sort: z.literal('risk'),
    after: z.optional(cursors.risk.parameter),
  }),
};

/**
 * `GET /images`: returns a page of the images that scans have read, with their names and findings. Without conditions, or for a repository, the
 * cost depends on the size of the page; with others, it is one pass over the numbers and names of images at most.
 */
export async function getImagesRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const order = orderOf(request);
  const { limit, after, assessed, source, ...wanted } = parseQuery(request, queries[order]);
  const filter = {
    ...filterForReader(filterOf(wanted), request),
    namespaces: source === undefined ? undefined : await namespacesOf(source, deps),
    assessment: assessed === undefined ? undefined : await assessmentFilter(assessed, deps),
  };
  const list: RowList<ListedImage, FleetImagePlace> = {
    name: 'images',
    read: async (page) => {
      const { rows, next } = await pageReadable(filter, { ...page, order }, { request, store: deps.store });
      const listed = await withReasons(rows, deps);
      return { rows: assessed === undefined ? listed : listed.filter(hasGap(!assessed)), next };
    },
    toJson: toFleetImageJson,
    columns,
    nextOf: (next) => (order === 'number' ? next[1] : cursors[order].write(next)),
    head: async () => ({ total: (await totalOf(filter, request, deps)) ?? null }),
  };
  return await listResponse(list, { limit, after }, { request, listLimiter: deps.listLimiter });
}

/** Returns the number of images of a list. A token that is limited to repositories gets none, since the numbers are of all images. */
async function totalOf(
  filter: FleetImageFilter,
  { repositories }: ApiRequest,
  { store }: FleetDeps,
): Promise<ImageTotal | undefined> {
  return repositories === undefined ? await findImageTotal(filter, store) : undefined;
}

function orderOf({ query }: ApiRequest): ImageOrder {
  const sort = query.get('sort');
  if (sort === null) return 'number';
  if (sort === 'seen' || sort === 'risk') return sort;
  throw new WireError(400, 'sort must be seen or risk');
}

/** An image with the reasons why it is known not to be assessed. Undefined if it is not counted. */
interface ListedImage extends FleetImage {
  readonly notAssessed: readonly string[] | undefined;
}

async function withReasons(rows: readonly FleetImage[], deps: FleetDeps): Promise<ListedImage[]> {
  const reasons = await unassessedReasons(
    rows.map(({ findings }) => findings),
    { ...deps, outcomes: [], asOf: undefined },
  );
  return rows.map((row, i) => ({ ...row, notAssessed: reasons[i] }));
}

/** Returns the condition for a counted image to have a known gap, or to have none. */
function hasGap(isWanted: boolean): (image: ListedImage) => boolean {
  return ({ notAssessed }) => notAssessed !== undefined && notAssessed.length > 0 === isWanted;
}

async function assessmentFilter(
  isAssessed: boolean,
  { store }: FleetDeps,
): Promise<FleetImageFilter['assessment']> {
  const gaps = await findUnassessedNamespaces(store);
  return gaps && { gaps, hasGap: !isAssessed };
}

/** Returns the namespaces of images that rely on a source. Throws if no images of it are counted, as an empty list would say that none does. */
async function namespacesOf(source: string, { store, extensions }: FleetDeps): Promise<readonly string[]> {
  if (!extensions.sources.some(({ name }) => name === source))
    throw new WireError(404, `no source of advisories has the name ${source}`);
  const bySource = await findImagesBySource(store);
  if (bySource === undefined)
    throw new WireError(503, 'the images of sources are not counted yet: try again in some minutes');
  return bySource.sources[source]?.namespaces ?? [];
}

type Wanted = Omit<z.infer<typeof queries.number>, 'limit' | 'after' | 'assessed' | 'source'>;

function filterOf(wanted: Wanted): FleetImageFilter {
  const { repository, untagged, q, namespace, upgrade, label, severity, fixable, exploited } = wanted;
  const { vulnerability, purl } = wanted;
  if (purl !== undefined && vulnerability === undefined)
    throw new WireError(400, 'purl needs vulnerability: it is the package of a finding');
  const isUntagged = repository === undefined && untagged === true;
  return {
    ...(repository !== undefined && { repository: knownTagOf(repository).repository }),
    // The numbers of images of findings are of current names.
    ...(repository !== undefined && vulnerability !== undefined && { isNamed: true }),
    ...(isUntagged && { isUntagged }),
    text: q,
    namespace,
    upgrade,
    finding: vulnerability === undefined ? undefined : { vulnerability, purl },
    severity,
    isFixable: fixable,
    isExploited: exploited,
    label: label === undefined ? undefined : labelOf(label),
  };
}

function toFleetImageJson({ image, findings, notAssessed = [] }: ListedImage): object {
  return {
    ...toKnownJson(image),
    namespaces: findings?.namespaces ?? null,
    findings: findings && toImageFindingsJson(findings),
    // Only a report can say that everything was assessed.
    assessed: notAssessed.length > 0 ? false : null,
    notAssessed,
  };
}

/** Returns the numbers of findings of an image as lists of `/api/v1` show them. */
function toImageFindingsJson({ countedAt, bySeverity, fixable, exploited }: ImageFindings): object {
  return { countedAt, ...bySeverity, fixable, exploited };
}

const columns: CsvColumns<ListedImage> = {
  digest: ({ image }) => image.digest,
  reference: ({ image }) => image.reference,
  names: ({ image }) => image.names.map(({ repository, tag }) => `${repository}:${tag}`),
  origin: ({ image }) => image.origin,
  platform: ({ image }) => image.platform,
  created: ({ image }) => image.created,
  firstSeen: ({ image }) => image.firstSeen,
  lastSeen: ({ image }) => image.lastSeen,
  untaggedSince: ({ image }) => image.untaggedSince,
  namespaces: ({ findings }) => findings?.namespaces ?? null,
  countedAt: ({ findings }) => findings?.countedAt ?? null,
  ...(Object.fromEntries(
    severities
      .toReversed()
      .map((one) => [one.toLowerCase(), ({ findings }: FleetImage) => findings?.bySeverity[one] ?? null]),
  ) as CsvColumns<ListedImage>),
  fixable: ({ findings }) => findings?.fixable ?? null,
  exploited: ({ findings }) => findings?.exploited ?? null,
  notAssessed: ({ notAssessed }) => notAssessed ?? null,
};
