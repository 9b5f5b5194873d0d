import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import { affectedBy, toAffectedJson } from '../../../service/notifications/affected-images.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import type { NativeDeps } from './deps.ts';
import { toNativeError } from './errors.ts';
import { asOfParameter, integerParameter, parseQuery, partialParameter } from './query.ts';

const imagesPerPageDefault = 100;

const querySchema = z.strictObject({
  limit: z._default(integerParameter(1, limits.affectedPerPage), imagesPerPageDefault),
  after: z.optional(z.string('must be given once')),
  asOf: asOfParameter,
  partial: partialParameter,
});

/** `GET /affected/:id`: returns a page of the images that a vulnerability affects, with packages, layers and fix. */
export async function getAffectedRoute(request: ApiRequest, deps: NativeDeps): Promise<ApiResponse> {
  const { limit, after, asOf } = parseQuery(request, querySchema);
  const id = request.params['id'] ?? '';
  const page = { limit, asOf, ...(after !== undefined && { after }) };
  const list = await deps.listLimiter
    .run(request.signal, () => affectedBy(id, page, deps))
    .catch((error: unknown) => {
      throw toNativeError(error);
    });
  if (list === undefined) throw new WireError(404, `no advisory in the database covers ${id}`);
  const { images, suppressed, next } = list;
  const shown = images.map((entry) => ({ ...toAffectedJson(entry), position: entry.position }));
  const document = { schemaVersion: 1, vulnerability: id, images: shown, suppressed, next };
  return { status: 200, contentType: 'application/json', text: `${JSON.stringify(document)}\n` };
}
