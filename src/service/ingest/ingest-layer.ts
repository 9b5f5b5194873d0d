import type { LayerSource } from '../../image/posted/layer-source.ts';
import { isNewerEngine } from '../../model/layer-index.ts';
import type { NamedLayer } from '../../store/named-layer-store.ts';
import type { Store } from '../../store/store.ts';
import { analyzerKey } from '../images/analyze-layers.ts';
import { type LayerStack, ReadPasses } from '../images/read-passes.ts';
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
  saveIngestedImage,
  saveLayers,
  toFreshLayer,
} from './posted-layers.ts';

/** A layer under the name that its client gave it, on top of a parent with a known name. */
export interface PostedLayer extends LayerSource {
  readonly name: string;
  readonly parent: string | null;
  /** Format of the layer, as the client spelled it. */
  readonly formatName: string;
}

/** Dependencies of `ingestLayer`. */
export interface IngestLayerDeps extends IngestDeps {
  readonly store: IngestDeps['store'] & Pick<Store, 'namedLayers'>;
}

/**
 * Ingests a layer: reads it, squashes it onto its parent, and stores the result. Skips a layer that the same extensions have read, whatever
 * the request says, and then returns undefined. Keeps the result of a newer revision of the program, and also returns undefined. Throws
 * `parent-unknown` if there is no such parent, or if other extensions read it. Throws `layer-unreadable` if a part of the layers could not be
 * read. Throws `layer-unsupported` if packages belong to no namespace. Also throws the errors of reading. Stores nothing if it throws.
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
  const isKept = existing !== undefined && isNewerEngine(existing.engineVersion, engineVersion);
  if (isKept && (await isIndexed(existing, deps))) return undefined;
  // A layer that is read again keeps its parent, so the requested one is ignored.
  const parent = existing === undefined ? layer.parent : existing.parent;
  const below = await layersBelow(parent, deps);
  const passes = new ReadPasses(extensions);
  const fresh: FreshLayer[] = [];
  let linked: StoredStack = { layers: below, links: [] };
  let stack: LayerStack | undefined;
  while (stack === undefined) {
    const pass = passes.current;
    const { key, links } = pass;
    fresh.push(toFreshLayer(await deps.read(layer, { links, signal }), pass, deps));
    if (fresh.length === 2) linked = await readWithLinks(below, deps);
    // Without links, the stored layers were just found under this key.
    const lower = links.length === 0 ? below : await layersStoredUnder(key, linked.layers, store);
    stack = passes.squash([...lower, ...fresh.slice(-1)]);
  }
  if (isKept) {
    await saveLayers(fresh, store);
    return undefined;
  }
  const { image, content } = await saveIngestedImage(withUnreadLinkProblems(stack, linked), fresh, deps);
  const { name, formatName: format } = layer;
  await store.namedLayers.save({ name, parent, image, format, engineVersion });
  return content;
}

/** Returns whether these extensions have read the content of a named layer. Then a layer can be squashed onto it. */
async function isIndexed(
  { image }: Pick<NamedLayer, 'image'>,
  { store, extensions }: IngestLayerDeps,
): Promise<boolean> {
  const identity = (await store.images.findByNumber(image)).layers.at(-1);
  return identity !== undefined && (await store.layers.find(identity, analyzerKey(extensions))) !== undefined;
}

/** Returns the stack with a problem for each link target that was not read in the layers below. */
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
