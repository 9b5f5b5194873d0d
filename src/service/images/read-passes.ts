import { limits } from '../../core/limits.ts';
import { toSingleLine } from '../../kit/untrusted-text.ts';
import type { LinkTarget } from '../../match/links.ts';
import { type SquashedImage, squash } from '../../match/squash.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import { type Analyzers, analyzerKey, wantedPatterns } from './analyze-layers.ts';

/** One pass over all layers. */
export interface ReadPass {
  /** Analyzer key, which includes the link targets. */
  readonly key: string;
  /** Link targets that this pass reads besides the wanted paths. */
  readonly links: readonly LinkTarget[];
}

/** A layer and its index. */
export interface IndexedLayer {
  readonly identity: string;
  readonly index: LayerIndex;
}

/** Squashed layers, as the last pass read them. */
export interface LayerStack<Layer extends IndexedLayer = IndexedLayer> {
  readonly layers: readonly Layer[];
  readonly squashed: SquashedImage;
  /** Analyzer key of all layers. */
  readonly key: string;
  /** Link targets that the last pass read besides the wanted paths. */
  readonly links: readonly LinkTarget[];
}

/**
 * Reads layers until the targets of all links to wanted paths have been read. A target may be another link, which requires another pass.
 * Reports a problem if the limits on passes or link targets are exceeded.
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

/** Maximum characters of a path in a message. */
const shownPathCharacters = 200;

function withUnreadProblem(squashed: SquashedImage): SquashedImage {
  const [first] = squashed.unresolvedLinks;
  if (first === undefined) return squashed;
  const message = `leads to ${toSingleLine(first.target, shownPathCharacters)}, and ${squashed.unresolvedLinks.length} links lead to paths that were not read: there are too many`;
  const problem = { extension: 'layer', path: first.aliasOf, message, layer: 0 };
  return { ...squashed, problems: [...squashed.problems, problem] };
}
