import type { LayerFormat } from '../../../image/incoming/layer-source.ts';
import { limits } from '../../../kit/limits.ts';
import { sha256Of } from '../../../kit/sha256.ts';
import { parseDigest } from '../../../model/digest.ts';
import { viewAncestry } from '../../../service/posts/ancestry-view.ts';
import type { HashedLayer, PostedAncestry } from '../../../service/posts/post-ancestry.ts';
import { postAncestry as takeInAncestry } from '../../../service/posts/post-ancestry.ts';
import { layerFormatOf } from '../layer-format.ts';
import { recorded } from '../post-record.ts';
import { invalid, RpcFault } from './faults.ts';
import { getNotification, markNotificationAsRead } from './notifications.ts';
import { renderAncestry } from './render.ts';
import type { V3Room } from './room.ts';
import { detectorsOf, statusOf } from './status.ts';
import type * as wire from './types.ts';

/** How a method is called: the request, and the signal that comes when nobody waits for the answer any more. */
type Method<Request, Response> = (request: Request, signal: AbortSignal) => Promise<Response>;

/** The methods of Clair's third API. They throw `RpcFault`, `ClairError`, and the reason of the signal. */
export interface V3Methods {
  readonly GetAncestry: Method<wire.GetAncestryRequest, wire.GetAncestryResponse>;
  readonly PostAncestry: Method<wire.PostAncestryRequest, wire.StatusResponse>;
  readonly GetStatus: Method<object, wire.StatusResponse>;
  readonly GetNotification: Method<wire.GetNotificationRequest, wire.GetNotificationResponse>;
  readonly MarkNotificationAsRead: Method<wire.MarkNotificationAsReadRequest, object>;
}

/** The methods with what they work with. */
export function v3Methods(room: V3Room): V3Methods {
  return {
    GetAncestry: (request) => getAncestry(request, room),
    PostAncestry: (request, signal) => postAncestry(request, room, signal),
    GetStatus: async () => ({ status: await statusOf(room) }),
    GetNotification: (request, signal) => getNotification(request, room, signal),
    MarkNotificationAsRead: (request) => markNotificationAsRead(request, room),
  };
}

async function getAncestry(
  { ancestry_name: name }: wire.GetAncestryRequest,
  room: V3Room,
): Promise<wire.GetAncestryResponse> {
  if (name === '') throw invalid('ancestry name should not be empty');
  const view = isStorable(name) ? await viewAncestry(name, room) : undefined;
  if (view === undefined) throw new RpcFault('not-found', `requested ancestry '${name}' is not found`);
  const ancestry = renderAncestry(view, detectorsOf(room.posting.extensions));
  return { ...(ancestry && { ancestry }), status: await statusOf(room) };
}

async function postAncestry(
  request: wire.PostAncestryRequest,
  room: V3Room,
  signal: AbortSignal,
): Promise<wire.StatusResponse> {
  const ancestry = toAncestry(request);
  const work = { key: `ancestry ${ancestry.name}`, content: JSON.stringify(ancestry) };
  await room.posts.run(work, signal, (shared) =>
    recorded({ kind: 'ancestry', name: ancestry.name }, room.onPosted, () =>
      takeInAncestry(ancestry, room.posting, shared),
    ),
  );
  return { status: await statusOf(room) };
}

/** In the order in which Clair asks. */
function toAncestry({
  ancestry_name: name,
  format: formatName,
  layers,
}: wire.PostAncestryRequest): PostedAncestry {
  const format = layerFormatOf(formatName);
  if (format === undefined) throw invalid('image blob format is not supported');
  const hashes = layers.map(({ hash }) => hash);
  const given = name === '' ? sha256Of(hashes.join(',')) : name;
  if (!isStorable(given)) throw invalid(unstorable('ancestry name'));
  return { name: given, layers: layers.map((layer) => toLayer(layer, format)) };
}

function toLayer({ hash, path, headers }: wire.PostLayer, format: LayerFormat): HashedLayer {
  if (hash === '') throw invalid('ancestry layer hash should not be empty');
  if (path === '') throw invalid('ancestry layer path should not be empty');
  if (!isStorable(hash)) throw invalid(unstorable('ancestry layer hash'));
  const digest = parseDigest(hash.toLowerCase());
  return { hash, path, headers, format, ...(digest && { digest }) };
}

function isStorable(name: string): boolean {
  return name.length <= limits.ancestryNameCharacters && !name.includes('\u0000');
}

function unstorable(what: string): string {
  return `${what} should be of at most ${limits.ancestryNameCharacters} characters, none of them NUL`;
}
