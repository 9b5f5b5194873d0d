import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import { platformForm } from '../../../image/format/platform.ts';
import { parseDigest } from '../../../model/digest.ts';
import type { ReportFormat } from '../../../plugin/report-format.ts';
import { reportAsText } from '../../../report/report-text.ts';
import { reportOfImage } from '../../../service/fleet/image-report.ts';
import { knownTagOf, toKnownJson } from '../../../service/images/find-known-images.ts';
import type { KnownImage } from '../../../store/known-image-store.ts';
import { integerParameter, parseQuery, partialParameter } from '../native/query.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import type { CsvColumns } from './csv.ts';
import type { FleetDeps } from './jobs.ts';
import { listResponse, type RowList } from './list-response.ts';
import { jsonResponse } from './problem.ts';
import { visibleImage } from './visible-image.ts';

const imagesPerPage = 100;

const listQuery = z.strictObject({
  limit: z._default(integerParameter(1, limits.affectedPerPage), imagesPerPage),
  after: z.optional(integerParameter(0, Number.MAX_SAFE_INTEGER)),
  repository: z.optional(z.string('must be given once')),
  untagged: z.optional(z.enum(['true', 'false'], 'must be true or false')),
  partial: partialParameter,
});

/** `GET /images`: returns a page of the images that scans have read, with their names. The cost depends on the size of the page only. */
export async function getImagesRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { limit, after, repository, untagged } = parseQuery(request, listQuery);
  const filter =
    repository === undefined
      ? { isUntagged: untagged === 'true' }
      : { repository: knownTagOf(repository).repository };
  const list: RowList<KnownImage, number> = {
    name: 'images',
    read: async (page) => {
      const { images, next } = await deps.store.knownImages.page(filter, page);
      return { rows: images.flatMap((image) => visibleImage(image, request)), next };
    },
    toJson: toKnownJson,
    columns: imageColumns,
    nextOf: (number) => number,
  };
  return await listResponse(list, { limit, after }, { request, listLimiter: deps.listLimiter });
}

const imageColumns: CsvColumns<KnownImage> = {
  digest: ({ digest }) => digest,
  reference: ({ reference }) => reference,
  names: ({ names }) => names.map(({ repository, tag }) => `${repository}:${tag}`),
  origin: ({ origin }) => origin,
  platform: ({ platform }) => platform,
  created: ({ created }) => created,
  firstSeen: ({ firstSeen }) => firstSeen,
  lastSeen: ({ lastSeen }) => lastSeen,
  untaggedSince: ({ untaggedSince }) => untaggedSince,
};

/** `GET /reached`: returns the time of the database and its last event. An answer as of that time has everything that was known then. */
export async function getReachedRoute(_request: ApiRequest, { store }: FleetDeps): Promise<ApiResponse> {
  const at = store.now().toISOString();
  return jsonResponse(200, { at, event: await store.events.findLastNumber() });
}

const reportQuery = z.strictObject({
  asOf: z.optional(z.string('must be given once')),
  format: z.optional(z.string('must be given once')),
  platform: z.optional(z.string().check(z.regex(platformForm, 'must be like linux/arm64'))),
});

/** `GET /images/:digest/report`: returns the report of an image with the current advisories, or with those of a time in the past. */
export async function getReportRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { asOf, format: name, platform } = parseQuery(request, reportQuery);
  const digest = parseDigest(request.params['digest'] ?? '');
  if (digest === undefined)
    throw new WireError(400, 'the digest must be sha256:… with 64 hexadecimal digits');
  const format = name === undefined ? acceptedFormat(request, deps) : namedFormat(name, deps);
  if (!(await mayRead(digest, request, deps))) throw new WireError(404, `no image has the digest ${digest}`);
  const found = await deps.listLimiter.run(request.signal, () =>
    reportOfImage(digest, { asOf, platform }, deps),
  );
  if (found === undefined) throw new WireError(404, `no image has the digest ${digest}`);
  const text = reportAsText(found.report, format);
  const headers = { Vary: 'Accept', 'Clair-Assessed': String(found.isAssessed) };
  return { status: 200, headers, contentType: format.mediaType, text };
}

/** Returns whether the token may read all images with a digest. */
async function mayRead(digest: string, request: ApiRequest, { store }: FleetDeps): Promise<boolean> {
  if (request.repositories === undefined) return true;
  const images = await store.knownImages.findByDigest(digest);
  return images.every((image) => visibleImage(image, request).length > 0);
}

function namedFormat(name: string, { formats }: FleetDeps): ReportFormat {
  const format = formats.find((candidate) => candidate.name === name);
  if (format !== undefined) return format;
  throw new WireError(400, `format must be one of ${formats.map((candidate) => candidate.name).join(', ')}`);
}

/** Returns the first format of the wanted media types, in the order of the header. JSON without a header, and for any type. */
function acceptedFormat({ headers }: ApiRequest, { formats }: FleetDeps): ReportFormat {
  const wanted = (headers.accept ?? '*/*').split(',').map((part) => mediaTypeOf(part));
  const json = namedFormat('json', { formats } as FleetDeps);
  for (const type of wanted) {
    if (type === '*/*' || type === 'application/*' || type === mediaTypeOf(json.mediaType)) return json;
    const format = formats.find(({ mediaType }) => mediaTypeOf(mediaType) === type);
    if (format !== undefined) return format;
  }
  throw new WireError(406, `no report has one of the types ${wanted.join(', ')}`);
}

/** Returns a media type without parameters. */
function mediaTypeOf(text: string): string {
  return (text.split(';')[0] ?? '').trim().toLowerCase();
}
