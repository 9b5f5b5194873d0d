import { limits } from '../../core/limits.ts';
import { toSingleLine } from '../../kit/untrusted-text.ts';
import type { LinkTarget } from '../../match/links.ts';
import { type SquashedImage, squash } from '../../match/squash.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import { type Analyzers, analyzerKey, wantedPatterns } from './analyze-layers.ts';

/** One reading of all layers. */
export interface ReadPass {
  /** The analyzer key, which names the places as well. */
  readonly key: string;
  /** Places besides the wanted ones that links lead to. */
  readonly links: readonly LinkTarget[];
}

/** A layer, and what it tells. */
export interface IndexedLayer {
  readonly identity: string;
  readonly index: LayerIndex;
}

/** Layers as they were read at last, and laid over each other. */
export interface LayerStack<Layer extends IndexedLayer = IndexedLayer> {
  readonly layers: readonly Layer[];
  readonly squashed: SquashedImage;
  /** The analyzer key of all layers. */
  readonly key: string;
  /** The places besides the wanted ones that the layers were read for. */
  readonly links: readonly LinkTarget[];
}

/**
 * Has layers read and, where links of the image lead to places nobody asked for, has them read again with an eye on these. What
 * lies at the end of a link may be a link again. Where that goes on for too long, a problem says so.
 */
export async function readUntilLinksResolved<Layer extends IndexedLayer>(
  analyzers: Analyzers,
  read: (pass: ReadPass) => Promise<readonly Layer[]>,
): Promise<LayerStack<Layer>> {
  const patterns = wantedPatterns(analyzers);
  const listed = analyzers.listers.flatMap(({ wants }) => wants);
  const detected = analyzers.detectors.flatMap(({ wants }) => wants);
  let links: readonly LinkTarget[] = [];
  for (let pass = 1; ; pass++) {
    const key = analyzerKey(analyzers, links);
    const layers = await read({ key, links });
    const indexes = layers.map(({ index }) => index);
    const squashed = squash(indexes, { patterns, listed, detected, links });
    const next = [...links, ...squashed.unresolvedLinks];
    const isLast = pass === limits.readings || exceedsLinkLimits(next);
    if (squashed.unresolvedLinks.length === 0 || isLast)
      return { layers, squashed: withUnreadProblem(squashed), key, links };
    links = next;
  }
}

function exceedsLinkLimits(links: readonly LinkTarget[]): boolean {
  const characters = links.reduce((sum, { target }) => sum + target.length, 0);
  return links.length > limits.linkedPlaces || characters > limits.linkedPlaceCharacters;
}

/** Characters of a place that a message shows. */
const shownPathCharacters = 200;

function withUnreadProblem(squashed: SquashedImage): SquashedImage {
  const [first] = squashed.unresolvedLinks;
  if (first === undefined) return squashed;
  const message = `leads to ${toSingleLine(first.target, shownPathCharacters)}, and ${squashed.unresolvedLinks.length} links lead to places that were not read: there are too many`;
  const problem = { extension: 'layer', path: first.aliasOf, message, layer: 0 };
  return { ...squashed, problems: [...squashed.problems, problem] };
}
