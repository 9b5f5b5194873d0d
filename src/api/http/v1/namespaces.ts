import type { ApiAnswer, ApiRequest } from '../exchange.ts';
import { asGo } from '../go-json-encode.ts';
import { renderNamespace } from './render.ts';
import type { V1Room } from './room.ts';
import { namespaceEnvelope } from './types.ts';

/** `GET /namespaces`: all that layers or advisories spoke of, in the order in which they became known. */
export async function listNamespacesRoute(
  { signal }: ApiRequest,
  { store, lists }: V1Room,
): Promise<ApiAnswer> {
  const shown = (await lists.make(signal, () => store.advisories.namespaces())).map(renderNamespace);
  const distinct = [...new Map(shown.map((one) => [one.Name, one])).values()];
  return { status: 200, body: asGo(namespaceEnvelope, { Namespaces: distinct }) };
}
