import { asGo } from '../go-json-encode.ts';
import type { ApiRequest, ApiResponse } from '../route.ts';
import type { V1Deps } from './deps.ts';
import { renderNamespace } from './render.ts';
import { namespaceEnvelope } from './types.ts';

/** `GET /namespaces`: lists the namespaces of layers and advisories, in the order in which they were added. */
export async function listNamespacesRoute(
  { signal }: ApiRequest,
  { store, listLimiter }: V1Deps,
): Promise<ApiResponse> {
  const rendered = (await listLimiter.run(signal, () => store.advisories.findNamespaces())).map(
    renderNamespace,
  );
  const distinct = [...new Map(rendered.map((one) => [one.Name, one])).values()];
  return { status: 200, body: asGo(namespaceEnvelope, { Namespaces: distinct }) };
}
