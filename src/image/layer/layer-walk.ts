import { boundedPath, isOverlong } from '../../kit/tar/path.ts';
import { type TarVisitor, TarWalker } from '../../kit/tar/walker.ts';
import type { Digest } from '../../model/digest.ts';
import type { LayerClaims } from '../image-layer.ts';
import { type CollectedLayer, LayerCollector } from './collector.ts';
import type { ProgramInspection, UnreadProgram } from './evidence-collector.ts';
import { memberFilter } from './member-filter.ts';
import type { WantedPaths } from './wanted-paths.ts';

/** A layer that was read. */
export interface LayerReadResult {
  readonly collected: CollectedLayer;
  readonly digest?: Digest;
  readonly diffId?: Digest;
  /** Of the uncompressed archive; absent where it was not read whole. */
  readonly tarBytes?: number;
  readonly verified: boolean;
  /** Reads a program that was passed over, from its beginning; only of layers that lie on disk as they are. */
  readonly readProgram?: ProgramReader;
}

/** The bytes of a program, as many as are asked for; they are valid until the next are. Throws where it cannot be read. */
export type ProgramReader = (program: UnreadProgram) => Iterable<Buffer>;

/** How layers are to be read. */
export interface ReadOptions {
  readonly wanted: WantedPaths;
  /** Read and hash what could be seeked over. */
  readonly verify: boolean;
  /** Bytes of wanted files that one layer may hold; `limits.keptLayerBytes` where absent. */
  readonly keptBytesMax?: number;
}

/** What walks the archive of a layer, and what collects of it. */
export function createLayerWalk(
  { root }: LayerClaims,
  { wanted, keptBytesMax }: ReadOptions,
  programs: ProgramInspection,
): { readonly walker: TarWalker; readonly collector: LayerCollector } {
  const collector = new LayerCollector(wanted, {
    hasWhiteouts: root === undefined,
    programs,
    ...(keptBytesMax !== undefined && { keptBytesMax }),
  });
  const walker =
    root === undefined
      ? new TarWalker(collector.visit, memberFilter(wanted))
      : new TarWalker(belowRoot(root, collector, wanted));
  return { walker, collector };
}

/** The visitor for a layer whose root is a directory of the archive: members and hard links are seen from there. */
function belowRoot(root: string, collector: LayerCollector, wanted: WantedPaths): TarVisitor {
  const seenFromRoot = (path: string): string | undefined =>
    path.startsWith(`${root}/`) ? path.slice(root.length + 1) : undefined;
  return (entry) => {
    if (isOverlong(entry.path)) return collector.visit(entry);
    const path = seenFromRoot(entry.path);
    if (path === undefined) return undefined;
    if (entry.type !== 'hard-link' || isOverlong(entry.target)) return collector.visit({ ...entry, path });
    const target = seenFromRoot(boundedPath(entry.target));
    if (target !== undefined) return collector.visit({ ...entry, path, target });
    if (wanted.at(path) !== undefined)
      collector.remark(path, `a hard link that leads out of ${root} was passed over`);
    return undefined;
  };
}
