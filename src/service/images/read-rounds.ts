import { limits } from '../../kit/limits.ts';
import { oneLine } from '../../kit/one-line.ts';
import type { LinkedPlace } from '../../match/links.ts';
import { type SquashedImage, squash } from '../../match/squash.ts';
import type { LayerIndex } from '../../model/layer-index.ts';
import { type Analyzers, analyzerKey, wantedPatterns } from './analyze-layers.ts';

/** One reading of all layers. */
export interface Round {
  /** The analyzer key, which names the places as well. */
  readonly key: string;
  /** Places besides the wanted ones that links lead to. */
  readonly links: readonly LinkedPlace[];
}

/** A layer, and what it tells. */
export interface IndexedLayer {
  readonly identity: string;
  readonly index: LayerIndex;
}

/** Layers as they were read at last, and laid over each other. */
export interface ReadStack<Layer extends IndexedLayer = IndexedLayer> {
  readonly layers: readonly Layer[];
  readonly squashed: SquashedImage;
  /** The analyzer key of all layers. */
  readonly key: string;
  /** The places besides the wanted ones that the layers were read for. */
  readonly links: readonly LinkedPlace[];
}

/**
 * Has layers read and, where links of the image lead to places nobody asked for, has them read again with an eye on these. What
 * lies at the end of a link may be a link again. Where that goes on for too long, a problem says so.
 */
export async function readInRounds<Layer extends IndexedLayer>(
  analyzers: Analyzers,
  read: (round: Round) => Promise<readonly Layer[]>,
): Promise<ReadStack<Layer>> {
  const patterns = wantedPatterns(analyzers);
  const listed = analyzers.listers.flatMap(({ wants }) => wants);
  const detected = analyzers.detectors.flatMap(({ wants }) => wants);
  let links: readonly LinkedPlace[] = [];
  for (let round = 1; ; round++) {
    const key = analyzerKey(analyzers, links);
    const layers = await read({ key, links });
    const indexes = layers.map(({ index }) => index);
    const squashed = squash(indexes, { patterns, listed, detected, links });
    const next = [...links, ...squashed.unread];
    const isLast = round === limits.readings || isTooMuch(next);
    if (squashed.unread.length === 0 || isLast) return { layers, squashed: withUnread(squashed), key, links };
    links = next;
  }
}

function isTooMuch(links: readonly LinkedPlace[]): boolean {
  const characters = links.reduce((sum, { place }) => sum + place.length, 0);
  return links.length > limits.linkedPlaces || characters > limits.linkedPlaceCharacters;
}

/** Characters of a place that a message shows. */
const placeCharacters = 200;

function withUnread(squashed: SquashedImage): SquashedImage {
  const [first] = squashed.unread;
  if (first === undefined) return squashed;
  const message = `leads to ${oneLine(first.place, placeCharacters)}, and ${squashed.unread.length} links lead to places that were not read: there are too many`;
  const problem = { extension: 'layer', path: first.standsFor, message, layer: 0 };
  return { ...squashed, problems: [...squashed.problems, problem] };
}
