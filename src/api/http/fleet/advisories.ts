import * as z from 'zod/mini';
import { findAdvisoryPage } from '../../../service/fleet/advisory-page.ts';
import {
  type AffectedEntry,
  affectedBy,
  toAffectedJson,
} from '../../../service/notifications/affected-images.ts';
import {
  type FleetVulnerability,
  type VulnerabilityPlace,
  vulnerabilityOrders,
} from '../../../store/finding-index-store.ts';
import { asOfParameter, parseQuery } from '../native/query.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import {
  advisoriesDescription,
  advisoryDescription,
  advisoryImagesDescription,
} from './advisory-descriptions.ts';
import { type CsvColumns, wantsCsv } from './csv.ts';
import { findingParameters, fixedVersionOf, limitParameter, textParameter } from './filters.ts';
import type { FleetDeps, FleetRoute } from './fleet-route.ts';
import { listResponse, type RowList } from './list-response.ts';
import { pageCursor } from './page-cursor.ts';
import { jsonResponse } from './problem.ts';

const place = z.tuple([z.number(), z.string()]);
const cursors = {
  severity: pageCursor<VulnerabilityPlace>('advisories severity', place),
  images: pageCursor<VulnerabilityPlace>('advisories images', place),
  epss: pageCursor<VulnerabilityPlace>('advisories epss', place),
};

const sort = z._default(
  z.enum(vulnerabilityOrders, `must be one of ${vulnerabilityOrders.join(', ')}`),
  'severity',
);

const listQuery = z.strictObject({
  limit: limitParameter,
  after: textParameter,
  q: textParameter,
  sort,
  ...findingParameters,
});

/**
 * `GET /advisories`: returns a page of the vulnerabilities that images have. The cost is one pass over the vulnerabilities of the fleet at most,
 * whatever the number of images.
 */
async function getAdvisoriesRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { limit, after, q: text, sort: order, ...wanted } = parseQuery(request, listQuery);
  const filter = {
    text,
    severity: wanted.severity,
    isFixable: wanted.fixable,
    isExploited: wanted.exploited,
  };
  const list: RowList<FleetVulnerability, VulnerabilityPlace> = {
    name: 'advisories',
    read: async (page) => {
      const { vulnerabilities, next } = await deps.store.findingIndex.pageVulnerabilities(filter, {
        ...page,
        order,
      });
      return { rows: vulnerabilities, next };
    },
    toJson: ({ isFixable: fixable, ...vulnerability }) => ({ ...vulnerability, fixable }),
    columns,
    nextOf: cursors[order].write,
  };
  const start = after === undefined ? undefined : parsePlace(after, order);
  return await listResponse(list, { limit, after: start }, { request, listLimiter: deps.listLimiter });
}

function parsePlace(after: string, order: keyof typeof cursors): VulnerabilityPlace {
  const { success, data } = z.safeParse(cursors[order].parameter, after);
  if (success) return data;
  throw new WireError(400, 'after must be the next of a page of this list');
}

const columns: CsvColumns<FleetVulnerability> = {
  id: ({ id }) => id,
  severity: ({ severity }) => severity,
  exploited: ({ exploited }) => exploited,
  epss: ({ epss }) => epss,
  fixable: ({ isFixable }) => String(isFixable),
  images: ({ images }) => images,
  packages: ({ packages }) => packages,
};

/** `GET /advisories/:id`: returns what each source says about a vulnerability. The cost depends on the number of their records. */
async function getAdvisoryRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  parseQuery(request, z.strictObject({}));
  const id = request.params['id'] ?? '';
  const page = await deps.listLimiter.run(request.signal, () => findAdvisoryPage(id, deps));
  if (page === undefined) throw new WireError(404, `no source in the database knows ${id}`);
  return jsonResponse(200, page);
}

const imagesQuery = z.strictObject({
  limit: limitParameter,
  after: textParameter,
  asOf: asOfParameter,
});

/**
 * `GET /advisories/:id/images`: returns a page of the images that a vulnerability affects, as `/affected` does. The cost depends on the size of
 * the page.
 */
async function getAdvisoryImagesRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { limit, after, asOf } = parseQuery(request, imagesQuery);
  const id = request.params['id'] ?? '';
  const read = async (page: { readonly limit: number; readonly after?: string }) => {
    const list = await affectedBy(id, { ...page, asOf }, deps);
    if (list === undefined) throw new WireError(404, `no advisory in the database covers ${id}`);
    return list;
  };
  if (wantsCsv(request)) {
    const list: RowList<AffectedRow, string> = {
      name: 'images',
      read: async (page) => {
        const { images, next } = await read(page);
        return { rows: images.flatMap(rowsOf), next };
      },
      toJson: ({ entry }) => toAffectedJson(entry),
      columns: affectedColumns,
      nextOf: (next) => next,
    };
    return await listResponse(list, { limit, after }, { request, listLimiter: deps.listLimiter });
  }
  const start = { limit, ...(after !== undefined && { after }) };
  const { images, suppressed, next } = await deps.listLimiter.run(request.signal, () => read(start));
  const document = { images: images.map(toAffectedJson), suppressed, ...(next !== undefined && { next }) };
  return jsonResponse(200, document, { Vary: 'Accept' });
}

/** An affected package of an image. */
interface AffectedRow {
  readonly entry: AffectedEntry;
  readonly finding: AffectedEntry['findings'][number];
}

function rowsOf(entry: AffectedEntry): AffectedRow[] {
  return entry.findings.map((finding) => ({ entry, finding }));
}

const affectedColumns: CsvColumns<AffectedRow> = {
  digest: ({ entry }) => entry.known?.digest ?? null,
  names: ({ entry }) => entry.names,
  vulnerability: ({ finding }) => finding.vulnerability.id,
  severity: ({ finding }) => finding.vulnerability.severity,
  type: ({ finding }) => finding.package.type,
  package: ({ finding }) => finding.package.name,
  version: ({ finding }) => finding.package.version,
  purl: ({ finding }) => finding.package.purl,
  fix: ({ finding }) => finding.fix.state,
  fixedVersion: ({ finding }) => fixedVersionOf(finding.fix),
  layer: ({ finding }) => finding.package.location.layer,
  path: ({ finding }) => finding.package.location.path,
  certain: ({ entry }) => String(entry.isCertain),
  untaggedSince: ({ entry }) => entry.known?.untaggedSince ?? null,
};

/** The routes of `/api/v1` about vulnerabilities. */
export const advisoryRoutes: readonly FleetRoute[] = [
  {
    name: 'api/v1/getAdvisories',
    method: 'GET',
    path: '/advisories',
    handler: getAdvisoriesRoute,
    description: advisoriesDescription,
  },
  {
    name: 'api/v1/getAdvisory',
    method: 'GET',
    path: '/advisories/:id',
    handler: getAdvisoryRoute,
    description: advisoryDescription,
  },
  {
    name: 'api/v1/getAdvisoryImages',
    method: 'GET',
    path: '/advisories/:id/images',
    handler: getAdvisoryImagesRoute,
    description: advisoryImagesDescription,
  },
];
