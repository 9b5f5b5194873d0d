import type { ExtensionProblem, LayerIndex } from '../model/layer-index.ts';
import type { FileTree } from './file-tree.ts';

/** A problem with the position of its layer. */
type PairProblem = ExtensionProblem & { readonly layer: number };

/**
 * Returns problems of file pairs, such as a database and its log, of which a later layer replaces or removes one. The layer was read with
 * both files, and a container sees another pair.
 */
export function mismatchedPairs(tree: FileTree, layers: readonly LayerIndex[]): PairProblem[] {
  if (layers.every(({ pairs }) => pairs === undefined)) return [];
  const seen = new Set(Array.from(tree.entries.values(), ({ content }) => content && keyOf(content)));
  return layers.flatMap(({ pairs = [] }, layer) =>
    pairs.flatMap(({ extension, path, readWith }) => {
      const [isSeen, isOtherSeen] = [path, readWith].map((file) => seen.has(keyOf({ layer, path: file })));
      if (isSeen === isOtherSeen) return [];
      const [kept, changed] = isSeen ? [path, readWith] : [readWith, path];
      const message = `is read together with ${changed}, which a later layer replaces or removes; the packages may be others`;
      return [{ extension, path: kept, message, layer }];
    }),
  );
}

function keyOf({ layer, path }: { readonly layer: number; readonly path: string }): string {
  return `${layer} ${path}`;
}
