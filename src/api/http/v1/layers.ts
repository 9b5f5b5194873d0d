import { ClairError } from '../../../core/errors.ts';
import { layerFormatOf } from '../../../image/posted/layer-source.ts';
import { parseDigest } from '../../../model/digest.ts';
import { ingestLayer, type PostedLayer } from '../../../service/ingest/ingest-layer.ts';
import { findLayerChain, type LayerDetail, viewChain } from '../../../service/ingest/layer-view.ts';
import { keptDocument } from '../encoded-document.ts';
import { encodeGoValue } from '../go-json-encode.ts';
import { recordIngest } from '../ingest-record.ts';
import type { RouteHandler } from '../route.ts';
import { badRequest } from '../route.ts';
import type { V1Deps } from './deps.ts';
import { notFoundError, storableName } from './errors.ts';
import { engineVersion, renderLayer } from './render.ts';
import { bodyOf } from './request.ts';
import { layerEnvelope, type V1Layer } from './types.ts';

/** `POST /layers`: ingests a layer, and echoes the request. */
export const postLayerRoute =
  (deps: V1Deps): RouteHandler =>
  async (request) => {
    const { Layer: posted } = await bodyOf(request, layerEnvelope);
    if (posted === undefined) throw badRequest('failed to provide layer');
    const layer = toLayer(posted);
    request.addLogDetails({ layer: layer.name });
    const format = layerFormatOf(layer.formatName);
    if (format === undefined) await refuseFormat(layer, deps);
    else {
      const source: PostedLayer = { ...layer, format };
      const work = { key: `layer ${layer.name}`, content: JSON.stringify(source) };
      await deps.pendingIngests.run(work, request.signal, (shared) =>
        recordIngest(
          ingestLayer(source, deps.ingest, shared),
          { kind: 'layer', name: layer.name },
          deps.onIngested,
        ),
      );
    }
    const { Name, ParentName, Path, Headers, Format } = posted;
    const echo = { Name, ParentName, Path, Headers, Format, IndexedByVersion: engineVersion };
    return { status: 201, text: encodeGoValue(layerEnvelope, { Layer: echo }) };
  };

type UncheckedLayer = Omit<PostedLayer, 'format'>;

/** Validates a posted layer in the order of Clair. */
function toLayer({
  Name: name = '',
  Path: path = '',
  Format: formatName = '',
  ...rest
}: V1Layer): UncheckedLayer {
  for (const [what, value] of Object.entries({ name, path, format: formatName }))
    if (value === '') throw badRequest(`could not process a layer which does not have a ${what}`);
  const digest = parseDigest(name.toLowerCase());
  return {
    name: storableName(name),
    parent: rest.ParentName || null,
    path,
    headers: rest.Headers ?? {},
    formatName,
    ...(digest && { digest }),
  };
}

/** Refuses an unknown format. As in Clair, a known layer is accepted with any format, and an unknown parent is reported first. */
async function refuseFormat(
  { name, parent, formatName }: UncheckedLayer,
  { store: { namedLayers } }: V1Deps,
): Promise<void> {
  if ((await namedLayers.find(name)) !== undefined) return;
  if (parent !== null && (await namedLayers.find(parent)) === undefined)
    throw new ClairError('parent-unknown', `the parent layer ${parent} does not exist`);
  throw badRequest(`unsupported image format '${formatName}'`);
}

/** `GET /layers/:name`: returns a layer, with features or vulnerabilities if the query has `features` or `vulnerabilities`. */
export const getLayerRoute =
  (deps: V1Deps): RouteHandler =>
  async ({ params, query }) => {
    const detail: LayerDetail = query.has('vulnerabilities')
      ? 'vulnerabilities'
      : query.has('features')
        ? 'packages'
        : 'none';
    const chain = await findLayerChain(params['name'] ?? '', deps);
    if (chain === undefined) throw notFoundError();
    const document = await keptDocument(deps.documents, {
      key: `v1/layer ${detail} ${chain.top.name}`,
      state: async () => `${chain.revision}\n${await deps.store.advisories.findContentState()}`,
      render: async () => {
        const view = await viewChain(chain, detail, deps);
        return encodeGoValue(layerEnvelope, { Layer: renderLayer(view) });
      },
    });
    return { status: 200, ...(document !== undefined && { document }) };
  };

/** `DELETE /layers/:name`: deletes a layer and all layers on top of it. */
export const deleteLayerRoute =
  (deps: V1Deps): RouteHandler =>
  async ({ params, addLogDetails }) => {
    const { name = '' } = params;
    addLogDetails({ layer: name });
    if (!(await deps.store.namedLayers.remove(name))) throw notFoundError();
    return { status: 200 };
  };
