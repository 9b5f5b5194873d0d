import type { VulnerabilityName } from '../../../service/ingest/write-vulnerability.ts';
import { decodeGoJson, GoJsonError } from '../go-json-decode.ts';
import { goAtoi } from '../go-number.ts';
import type { GoStruct } from '../go-type.ts';
import type { ApiRequest } from '../route.ts';
import { badRequest } from './errors.ts';
import { namespaceOfWire } from './names.ts';

/** The body of a request as Clair reads it. */
export async function bodyOf<T>(request: ApiRequest, type: GoStruct<T>): Promise<T> {
  try {
    return decodeGoJson(type, await request.body());
  } catch (error) {
    throw error instanceof GoJsonError ? badRequest(error.message) : error;
  }
}

/** The vulnerability that the path of a request names. */
export function vulnerabilityIn({ params }: ApiRequest): VulnerabilityName {
  return { namespace: namespaceOfWire(params['namespace'] ?? ''), id: params['name'] ?? '' };
}

/** The `limit` of a list, which has to be there. */
export function limitOf({ query }: ApiRequest): number {
  const text = query.get('limit');
  if (text === null) throw badRequest('must provide limit query parameter');
  try {
    return goAtoi(text);
  } catch (error) {
    throw badRequest(`invalid limit format: ${error instanceof Error ? error.message : String(error)}`);
  }
}
