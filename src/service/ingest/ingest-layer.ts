import type { LayerSource } from '../../image/posted/layer-source.ts';
import type { Store } from '../../store/store.ts';
import { type IndexedLayer, type LayerStack, readUntilLinksResolved } from '../images/read-passes.ts';
import {
  layersBelow,
  layersStoredUnder,
  readWithLinks,
  type StoredStack,
  unreadLinkTargets,
} from './layers-below.ts';
import {
  engineVersionOf,
  type FreshLayer,
  type IngestDeps,
  type IngestedContent,
  readPostedLayer,
  saveIngestedImage,
} from './posted-layers.ts';

/** A layer by the name its client gives it, upon another of which it knows the name. */
export interface PostedLayer extends LayerSource {
  readonly name: string;
  readonly parent: string | null;
  /** The format as the client spelled it. */
  readonly formatName: string;
}

/** What taking in a layer needs. */
export interface IngestLayerDeps extends IngestDeps {
  readonly store: IngestDeps['store'] & Pick<Store, 'namedLayers'>;
}

/**
 * Takes in a layer: reads it, lays it upon its parent, and keeps what a container of both would have. A layer that is there
 * already, read by the same extensions, is not read again, whatever is said of it now: the result is undefined then. Throws `parent-unknown` where there is no
 * parent of that name, or one that was read by other extensions; `layer-unreadable` if something of
 * the layers could not be read; `layer-unsupported` if packages belong to no namespace; and what reading throws. Nothing is kept then.
 */
export async function ingestLayer(
  layer: PostedLayer,
  deps: IngestLayerDeps,
  signal: AbortSignal,
): Promise<IngestedContent | undefined> {
  const { store, extensions } = deps;
  const engineVersion = engineVersionOf(extensions);
  const existing = await store.namedLayers.find(layer.name);
  if (existing?.engineVersion === engineVersion) return undefined;
  // Of a layer that is read anew the parent stays, so it is laid upon that and no other.
  const parent = existing === undefined ? layer.parent : existing.parent;
  const below = await layersBelow(parent, deps);
  const { stack, fresh } = await readOnParent(below, layer, { deps, signal });
  const { image, content } = await saveIngestedImage(stack, fresh, deps);
  const { name, formatName: format } = layer;
  await store.namedLayers.save({ name, parent, image, format, engineVersion });
  return content;
}

/** A stack, and the readings of its new layer. */
interface PostedStack {
  readonly stack: LayerStack;
  readonly fresh: readonly FreshLayer[];
}

/** Reads the new layer upon stored ones, as often as links ask for it. */
async function readOnParent(
  below: readonly IndexedLayer[],
  source: LayerSource,
  { deps, signal }: { readonly deps: IngestLayerDeps; readonly signal: AbortSignal },
): Promise<PostedStack> {
  const fresh: FreshLayer[] = [];
  let linked: StoredStack = { layers: below, links: [] };
  const stack = await readUntilLinksResolved(deps.extensions, async ({ key, links }) => {
    const layer = await readPostedLayer(source, { key, links, signal }, deps);
    fresh.push(layer);
    // Without links, they were just found under this very key.
    if (links.length === 0) return [...below, layer];
    if (fresh.length === 2) linked = await readWithLinks(below, deps);
    const lower = await layersStoredUnder(key, linked.layers, deps.store);
    return [...lower, layer];
  });
  return { stack: withUnreadLinkProblems(stack, linked), fresh };
}

/** The stack, with a problem for each linked place at which the layers below were not read. */
function withUnreadLinkProblems({ squashed, ...stack }: LayerStack, below: StoredStack): LayerStack {
  const uppermost = stack.layers.at(-1);
  const targets = uppermost === undefined ? [] : unreadLinkTargets(stack.links, below, uppermost.index);
  const problems = targets.map(({ target, aliasOf }) => ({
    extension: 'layer',
    path: aliasOf,
    message: `leads to ${target}, where the layers below were not read; post the image as an ancestry, or scan it`,
    layer: below.layers.length,
  }));
  return { ...stack, squashed: { ...squashed, problems: [...squashed.problems, ...problems] } };
}
