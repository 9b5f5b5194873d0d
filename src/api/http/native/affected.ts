import * as z from 'zod/mini';
import { ClairError } from '../../../kit/errors.ts';
import { limits } from '../../../kit/limits.ts';
import { affectedBy, plainEntry } from '../../../service/notices/affected.ts';
import { type ApiAnswer, type ApiRequest, busySeconds, WireError } from '../exchange.ts';
import { queryOf, wholeNumber } from './query.ts';
import type { NativeRoom } from './room.ts';

const imagesPerPage = 100;

const query = z.strictObject({
  limit: z._default(wholeNumber(1, limits.affectedPerPage), imagesPerPage),
  after: z.optional(z.string('comes once')),
});

/** `GET /affected/:id`: a page of the images that a vulnerability affects, with the packages, their layers and the fix. */
export async function getAffectedRoute(request: ApiRequest, room: NativeRoom): Promise<ApiAnswer> {
  const { limit, after } = queryOf(request, query);
  const id = request.params['id'] ?? '';
  const page = { limit, ...(after !== undefined && { after }) };
  const list = await room.lists.make(request.signal, () => affectedBy(id, page, room)).catch(refuse);
  if (list === undefined) throw new WireError(404, `no advisory in the database speaks of ${id}`);
  const { images, next } = list;
  const document = { schemaVersion: 1, vulnerability: id, images: images.map(plainEntry), next };
  return { status: 200, contentType: 'application/json', text: `${JSON.stringify(document)}\n` };
}

/** What is wrong with the request, or that there is too much to do; any other error stays what it is. */
function refuse(error: unknown): never {
  if (!(error instanceof ClairError)) throw error;
  if (error.code === 'usage') throw new WireError(400, error.message);
  if (error.code === 'busy') throw new WireError(503, error.message, { retryAfterSeconds: busySeconds });
  throw error;
}
