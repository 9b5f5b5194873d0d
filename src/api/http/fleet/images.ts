import * as z from 'zod/mini';
import { platformForm } from '../../../image/format/platform.ts';
import { parseDigest } from '../../../model/digest.ts';
import type { ReportFormat } from '../../../plugin/report-format.ts';
import { reportAsText } from '../../../report/report-text.ts';
import { reportOfImage } from '../../../service/fleet/image-report.ts';
import { asOfParameter, parseQuery } from '../native/query.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import type { FleetDeps } from './fleet-route.ts';
import { jsonResponse } from './problem.ts';
import { visibleImage } from './visible-image.ts';

/** `GET /reached`: returns the time of the database and its last event. An answer as of that time has everything that was known then. */
export async function getReachedRoute(_request: ApiRequest, { store }: FleetDeps): Promise<ApiResponse> {
  const at = store.now().toISOString();
  return jsonResponse(200, { at, event: await store.events.findLastNumber() });
}

const reportQuery = z.strictObject({
  asOf: asOfParameter,
  name: z.optional(z.string('must be given once')),
  format: z.optional(z.string('must be given once')),
  platform: z.optional(z.string().check(z.regex(platformForm, 'must be like linux/arm64'))),
});

/** `GET /images/:digest/report`: returns the report of an image with the current advisories, or with those of a time in the past. */
export async function getReportRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { format: wanted, ...query } = parseQuery(request, reportQuery);
  const digest = parseDigest(request.params['digest'] ?? '');
  if (digest === undefined)
    throw new WireError(400, 'the digest must be sha256:… with 64 hexadecimal digits');
  const format = wanted === undefined ? acceptedFormat(request, deps) : namedFormat(wanted, deps);
  const name = await readableName(digest, request, { ...deps, name: query.name });
  const found =
    name === null
      ? undefined
      : await deps.listLimiter.run(request.signal, () => reportOfImage(digest, { ...query, name }, deps));
  if (found === undefined) throw new WireError(404, `no image has the digest ${digest}`);
  const text = reportAsText(found.report, format);
  const headers = { Vary: 'Accept', 'Clair-Assessed': String(found.isAssessed) };
  return { status: 200, headers, contentType: format.mediaType, text };
}

/**
 * Returns the name of a report: the wanted one, or undefined for all names of the image. Of an image with names of others, a token that is
 * limited to repositories gets the report for a name of its own. Returns null if it may not read all images with the digest, or the name.
 */
async function readableName(
  digest: string,
  request: ApiRequest,
  { store, name }: Pick<FleetDeps, 'store'> & { readonly name: string | undefined },
): Promise<string | undefined | null> {
  const { repositories } = request;
  if (repositories === undefined) return name;
  if (name !== undefined && !repositories.allowsReference(name)) return null;
  const images = await store.knownImages.findByDigest(digest);
  const visible = images.map((image) => visibleImage(image, request)[0]);
  if (visible.includes(undefined)) return null;
  return name ?? visible[0]?.reference;
}

function namedFormat(name: string, { formats }: Pick<FleetDeps, 'formats'>): ReportFormat {
  const format = formats.find((candidate) => candidate.name === name);
  if (format !== undefined) return format;
  throw new WireError(400, `format must be one of ${formats.map((candidate) => candidate.name).join(', ')}`);
}

/** Returns the first format of the wanted media types, in the order of the header. JSON without a header, and for any type. */
function acceptedFormat({ headers }: ApiRequest, { formats }: Pick<FleetDeps, 'formats'>): ReportFormat {
  const wanted = (headers.accept ?? '*/*').split(',').map((part) => mediaTypeOf(part));
  const json = namedFormat('json', { formats });
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
