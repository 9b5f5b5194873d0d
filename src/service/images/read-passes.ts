import { limits } from '../../core/limits.ts';
import { toSingleLine } from '../../kit/untrusted-text.ts';
import type { LinkTarget, ScannedPaths } from '../../match/links.ts';
import { type SquashedImage, squash } from '../../match/squash.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import { groupPatterns } from '../../plugin/layer-files.ts';
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
 * The passes over the layers of an image, until the targets of all links to wanted paths have been read. A target may be another link,
 * which requires another pass. Squash the layers after each pass:
 *
 *     const passes = new ReadPasses(analyzers);
 *     let stack;
 *     while (stack === undefined) stack = passes.squash(await readLayers(passes.current));
 */
export class ReadPasses {
  readonly #analyzers: Analyzers;
  readonly #paths: Omit<ScannedPaths, 'links'>;
  #count = 1;
  #current: ReadPass;

  constructor(analyzers: Analyzers) {
    this.#analyzers = analyzers;
    this.#paths = {
      patterns: groupPatterns(wantedPatterns(analyzers)).fixed,
      listed: groupPatterns(analyzers.listers.flatMap(({ wants }) => wants)).fixed,
      detected: analyzers.detectors.flatMap(({ wants }) => wants),
    };
    this.#current = { key: analyzerKey(analyzers), links: [] };
  }

  /** The pass whose layers `squash` takes next. */
  get current(): ReadPass {
    return this.#current;
  }

  /**
   * Squashes the layers that the current pass has read. Returns undefined if links require another pass. Reports a problem if the limits
   * on passes or link targets are exceeded.
   */
  squash<Layer extends IndexedLayer>(layers: readonly Layer[]): LayerStack<Layer> | undefined {
    const { key, links } = this.#current;
    const indexes = layers.map(({ index }) => index);
    const squashed = squash(indexes, { ...this.#paths, links });
    const next = [...links, ...squashed.unresolvedLinks];
    const isLast = this.#count === limits.readings || exceedsLinkLimits(next);
    if (squashed.unresolvedLinks.length === 0 || isLast)
      return { layers, squashed: withUnreadProblem(squashed), key, links };
    this.#count++;
    this.#current = { key: analyzerKey(this.#analyzers, next), links: next };
    return undefined;
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
