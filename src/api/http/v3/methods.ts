import { limits } from '../../../core/limits.ts';
import { type LayerFormat, layerFormatOf } from '../../../image/posted/layer-source.ts';
import { sha256Of } from '../../../kit/sha256.ts';
import { parseDigest } from '../../../model/digest.ts';
import { viewAncestry } from '../../../service/ingest/ancestry-view.ts';
import {
  type HashedLayer,
  type PostedAncestry,
  ingestAncestry as takeInAncestry,
} from '../../../service/ingest/ingest-ancestry.ts';
import { recordIngest } from '../ingest-record.ts';
import type { V3Deps } from './deps.ts';
import { invalidArgument, RpcError } from './errors.ts';
import { getNotification, markNotificationAsRead } from './notifications.ts';
import { renderAncestry } from './render.ts';
import { detectorsOf, statusOf } from './status.ts';
import type * as wire from './types.ts';

/** A method of the API. The signal is aborted when the client disconnects or the call times out. */
type Method<Request, Response> = (request: Request, signal: AbortSignal) => Promise<Response>;

/** The methods of the Clair v3 API. They throw `RpcError`, `ClairError` and the reason of the signal. */
export interface V3Methods {
  readonly GetAncestry: Method<wire.GetAncestryRequest, wire.GetAncestryResponse>;
  readonly PostAncestry: Method<wire.PostAncestryRequest, wire.StatusResponse>;
  readonly GetStatus: Method<object, wire.StatusResponse>;
  readonly GetNotification: Method<wire.GetNotificationRequest, wire.GetNotificationResponse>;
  readonly MarkNotificationAsRead: Method<wire.MarkNotificationAsReadRequest, object>;
}

/** Returns the methods with their dependencies bound. */
export function v3Methods(deps: V3Deps): V3Methods {
  return {
    GetAncestry: (request) => getAncestry(request, deps),
    PostAncestry: (request, signal) => postAncestry(request, deps, signal),
    GetStatus: async () => ({ status: await statusOf(deps) }),
    GetNotification: (request, signal) => getNotification(request, deps, signal),
    MarkNotificationAsRead: (request) => markNotificationAsRead(request, deps),
  };
}

async function getAncestry(
  { ancestry_name: name }: wire.GetAncestryRequest,
  deps: V3Deps,
): Promise<wire.GetAncestryResponse> {
  if (name === '') throw invalidArgument('ancestry name should not be empty');
  const view = isStorable(name) ? await viewAncestry(name, deps) : undefined;
  if (view === undefined) throw new RpcError('not-found', `requested ancestry '${name}' is not found`);
  const ancestry = renderAncestry(view, detectorsOf(deps.ingest.extensions));
  return { ...(ancestry && { ancestry }), status: await statusOf(deps) };
}

async function postAncestry(
  request: wire.PostAncestryRequest,
  deps: V3Deps,
  signal: AbortSignal,
): Promise<wire.StatusResponse> {
  const ancestry = toAncestry(request);
  const work = { key: `ancestry ${ancestry.name}`, content: JSON.stringify(ancestry) };
  await deps.pendingIngests.run(work, signal, (shared) =>
    recordIngest(
      takeInAncestry(ancestry, deps.ingest, shared),
      { kind: 'ancestry', name: ancestry.name },
      deps.onIngested,
    ),
  );
  return { status: await statusOf(deps) };
}

/** Validates a posted ancestry in the order of Clair. */
function toAncestry({
  ancestry_name: name,
  format: formatName,
  layers,
}: wire.PostAncestryRequest): PostedAncestry {
  const format = layerFormatOf(formatName);
  if (format === undefined) throw invalidArgument('image blob format is not supported');
  const hashes = layers.map(({ hash }) => hash);
  const ancestryName = name === '' ? sha256Of(hashes.join(',')) : name;
  if (!isStorable(ancestryName)) throw invalidArgument(unstorableMessage('ancestry name'));
  return { name: ancestryName, layers: layers.map((layer) => toLayer(layer, format)) };
}

function toLayer({ hash, path, headers }: wire.PostLayer, format: LayerFormat): HashedLayer {
  if (hash === '') throw invalidArgument('ancestry layer hash should not be empty');
  if (path === '') throw invalidArgument('ancestry layer path should not be empty');
  if (!isStorable(hash)) throw invalidArgument(unstorableMessage('ancestry layer hash'));
  const digest = parseDigest(hash.toLowerCase());
  return { hash, path, headers, format, ...(digest && { digest }) };
}

function isStorable(name: string): boolean {
  return name.length <= limits.ancestryNameCharacters && !name.includes('\u0000');
}

function unstorableMessage(what: string): string {
  return `${what} should be of at most ${limits.ancestryNameCharacters} characters, none of them NUL`;
}
