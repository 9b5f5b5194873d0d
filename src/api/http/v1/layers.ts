import { ClairError } from '../../../kit/errors.ts';
import { parseDigest } from '../../../model/digest.ts';
import type { LayerDetail } from '../../../service/posts/layer-view.ts';
import { viewLayer } from '../../../service/posts/layer-view.ts';
import { type PostedLayer, postLayer } from '../../../service/posts/post-layer.ts';
import type { ApiAnswer, ApiRequest } from '../exchange.ts';
import { asGo } from '../go-json-encode.ts';
import { layerFormatOf } from '../layer-format.ts';
import { recorded } from '../post-record.ts';
import { badRequest, notFound } from './faults.ts';
import { storableName } from './names.ts';
import { engineVersion, renderLayer } from './render.ts';
import { bodyOf } from './request.ts';
import type { V1Room } from './room.ts';
import { type Layer, layerEnvelope } from './types.ts';

/** `POST /layers`: takes in a layer and answers what was posted. */
export async function postLayerRoute(request: ApiRequest, room: V1Room): Promise<ApiAnswer> {
  const { Layer: posted } = await bodyOf(request, layerEnvelope);
  if (posted === undefined) throw badRequest('failed to provide layer');
  const layer = toLayer(posted);
  request.note({ layer: layer.name });
  const format = layerFormatOf(layer.formatName);
  if (format === undefined) await refuseFormat(layer, room);
  else await takeIn({ ...layer, format }, request, room);
  const { Name, ParentName, Path, Headers, Format } = posted;
  const answer = { Name, ParentName, Path, Headers, Format, IndexedByVersion: engineVersion };
  return { status: 201, body: asGo(layerEnvelope, { Layer: answer }) };
}

type UncheckedLayer = Omit<PostedLayer, 'format'>;

/** In the order in which Clair asks. */
function toLayer({
  Name: name = '',
  Path: path = '',
  Format: formatName = '',
  ...rest
}: Layer): UncheckedLayer {
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

/** Refuses a format that does not exist. As in Clair, a known layer is taken whatever its format, and an unknown parent counts first. */
async function refuseFormat(
  { name, parent, formatName }: UncheckedLayer,
  { store: { namedLayers } }: V1Room,
): Promise<void> {
  if ((await namedLayers.find(name)) !== undefined) return;
  if (parent !== null && (await namedLayers.find(parent)) === undefined)
    throw new ClairError('parent-unknown', `there is no layer ${parent}`);
  throw badRequest(`unsupported image format '${formatName}'`);
}

async function takeIn(layer: PostedLayer, { signal }: ApiRequest, room: V1Room): Promise<void> {
  const work = { key: `layer ${layer.name}`, content: JSON.stringify(layer) };
  await room.posts.run(work, signal, (shared) =>
    recorded({ kind: 'layer', name: layer.name }, room.onPosted, () =>
      postLayer(layer, room.posting, shared),
    ),
  );
}

/** `GET /layers/:name`: what is known of a layer, with `features` or `vulnerabilities` where the query names them. */
export async function getLayerRoute({ params, query }: ApiRequest, room: V1Room): Promise<ApiAnswer> {
  const detail: LayerDetail = query.has('vulnerabilities')
    ? 'vulnerabilities'
    : query.has('features')
      ? 'packages'
      : 'none';
  const view = await viewLayer(params['name'] ?? '', detail, room);
  if (view === undefined) throw notFound();
  return { status: 200, body: asGo(layerEnvelope, { Layer: renderLayer(view) }) };
}

/** `DELETE /layers/:name`: forgets a layer and all that were built upon it. */
export async function deleteLayerRoute({ params, note }: ApiRequest, room: V1Room): Promise<ApiAnswer> {
  const { name = '' } = params;
  note({ layer: name });
  if (!(await room.store.namedLayers.remove(name))) throw notFound();
  return { status: 200 };
}
