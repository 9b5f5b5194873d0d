import { namespaceOfWire } from '../../../model/namespace.ts';
import type { VulnerabilityName } from '../../../service/ingest/write-vulnerability.ts';
import { decodeGoJson, GoJsonError } from '../go-json-decode.ts';
import { goAtoi } from '../go-number.ts';
import type { GoStruct } from '../go-type.ts';
import type { ApiRequest } from '../route.ts';
import { badRequest } from '../route.ts';

/** Decodes the body of a request as Clair does. Throws `WireError` 400 with the message of Go's decoder. */
export async function bodyOf<T>(request: ApiRequest, type: GoStruct<T>): Promise<T> {
  try {
    return decodeGoJson(type, await request.body());
  } catch (error) {
    throw error instanceof GoJsonError ? badRequest(error.message) : error;
  }
}

/** Returns the namespace and the id of the vulnerability in the path. */
export function vulnerabilityIn({ params }: ApiRequest): VulnerabilityName {
  return { namespace: namespaceOfWire(params['namespace'] ?? ''), id: params['name'] ?? '' };
}

/** Parses the `limit` of a list. Throws `WireError` 400 with Clair's message if it is missing or not a number. */
export function limitOf({ query }: ApiRequest): number {
  const text = query.get('limit');
  if (text === null) throw badRequest('must provide limit query parameter');
  try {
    return goAtoi(text);
  } catch (error) {
    throw badRequest(`invalid limit format: ${error instanceof Error ? error.message : String(error)}`);
  }
}
