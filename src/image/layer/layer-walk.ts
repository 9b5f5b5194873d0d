import type { InflateAhead } from '../../kit/decompress/split/ahead-task.ts';
import type { StartHash } from '../../kit/decompress/split/shared-hash.ts';
import type { SplitPlan } from '../../kit/decompress/split/split-plan.ts';
import { blockBytes } from '../../kit/tar/header.ts';
import { boundedPath, isOverlong } from '../../kit/tar/path.ts';
import type { FileRange } from '../../kit/tar/walk-by-seeking.ts';
import { type TarVisitor, TarWalker } from '../../kit/tar/walker.ts';
import type { Digest } from '../../model/digest.ts';
import type { LayerClaims } from '../image-layer.ts';
import { type CollectedLayer, LayerCollector } from './collector.ts';
import type { UnreadProgram } from './evidence-collector.ts';
import type { KnownPrograms } from './extract-programs.ts';
import type { ExtractWriter } from './extract-writer.ts';
import { memberFilter } from './member-filter.ts';
import type { ImmediateListing } from './package-file-collector.ts';
import type { ProgramScan } from './program-scan.ts';
import type { WantedPaths } from './wanted-paths.ts';

/** The result of reading a layer. */
export interface LayerReadResult {
  readonly collected: CollectedLayer;
  readonly digest?: Digest;
  readonly diffId?: Digest;
  /** Size of the uncompressed archive in bytes. Absent if it was not read whole. */
  readonly tarBytes?: number;
  readonly verified: boolean;
  /** Reads a skipped program from its start. Present only for uncompressed layers on disk. */
  readonly readProgram?: ProgramReader;
}

/** Scans a program, and skips what the scan does not need. Throws if the file cannot be read. */
export type ProgramReader = (program: UnreadProgram, scan: ProgramScan) => void;

/** How layers are divided between this thread and a second one. */
export interface LayerSplit {
  readonly inflateAhead: InflateAhead;
  /** Stored bytes from which a layer is divided. */
  readonly bytesMin: number;
  /** `splitPlan` by default. */
  readonly plan?: SplitPlan;
}

/** Options for reading layers. */
export interface ReadOptions {
  readonly wanted: WantedPaths;
  /** Whether to read and hash bytes that could be skipped. */
  readonly verify: boolean;
  /** Maximum bytes of all wanted files in a layer; `limits.keptLayerBytes` by default. */
  readonly keptBytesMax?: number;
  /** Creates the listing of large files of a layer, which are listed as soon as they are read. */
  readonly listNow?: () => ImmediateListing;
  /** Called once in each layer that turns out to have many bytes of interest. */
  readonly onManyBytes?: (() => void) | undefined;
  /** Divides large layers on disk between this thread and a second one. Absent if there is no second thread. */
  readonly split?: LayerSplit | undefined;
  /** Starts the hash of uncompressed bytes on another thread, for one layer at a time. Absent if this thread hashes them. */
  readonly startHash?: StartHash | undefined;
  /** Writes an extract of the layer. Ignored for layers on disk that are not read whole. */
  readonly recorder?: ExtractWriter | undefined;
  /** The programs of the extract that is read. */
  readonly known?: KnownPrograms | undefined;
}

/** Bytes of visited members from which `onManyBytes` is called. */
const manyBytes: number = 8 * 1024 * 1024;

/** Creates the walker of a layer's archive and its collector. `source` is the archive, if it is on disk and can be read again. */
export function createLayerWalk(
  { root }: LayerClaims,
  { wanted, keptBytesMax, listNow, onManyBytes, recorder, known }: ReadOptions,
  source?: FileRange,
): { readonly walker: TarWalker; readonly collector: LayerCollector } {
  const collector = new LayerCollector(wanted, {
    hasWhiteouts: root === undefined,
    programs: source === undefined ? 'now' : 'later',
    source,
    ...(keptBytesMax !== undefined && { keptBytesMax }),
    ...(listNow !== undefined && { listNow }),
    extract: { recorder, known },
  });
  const visit = onManyBytes === undefined ? collector.visit : countingBytes(collector.visit, onManyBytes);
  const walker =
    root === undefined
      ? new TarWalker(visit, memberFilter(wanted, collector), recorder)
      : new TarWalker(belowRoot(root, collector, wanted), undefined, recorder);
  return { walker, collector };
}

/** Calls `onMany` once the visited members have many bytes. A small compressed layer may have more than its size suggests. */
function countingBytes(visit: TarVisitor, onMany: () => void): TarVisitor {
  let bytes = 0;
  return (entry) => {
    const before = bytes;
    bytes += blockBytes + entry.size;
    if (before <= manyBytes && bytes > manyBytes) onMany();
    return visit(entry);
  };
}

/** Returns the visitor for a layer whose root is a directory of the archive. Members and hard links are relative to that directory. */
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
      collector.remark(path, `a hard link that leads out of ${root} was skipped`);
    return undefined;
  };
}
