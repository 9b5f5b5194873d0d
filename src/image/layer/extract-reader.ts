import { isDeepStrictEqual } from 'node:util';
import type { TarWalker } from '../../kit/tar/walker.ts';
import type { LayerClaims } from '../image-layer.ts';
import type { LayerRange } from '../partial/range-plan.ts';
import type { StoredBytes } from '../partial/stored-layer.ts';
import { readParts } from './checkpoint/checkpoint-format.ts';
import { StoredParts, storedRanges } from './checkpoint/stored-parts.ts';
import { type ExtractBlock, extractBlock, readExtractBlocks } from './extract-format.ts';
import { ExtractMissError, RecordedPrograms } from './extract-programs.ts';
import { type ExtractEnd, type ExtractWriter, pieceHeadBytes } from './extract-writer.ts';
import { createLayerWalk, type LayerReadResult, type ReadOptions } from './layer-walk.ts';

/** Options for reading an extract. */
export interface ReadExtractOptions extends Omit<ReadOptions, 'recorder' | 'known'> {
  /** Version of the code that reads programs. */
  readonly readerVersion: number;
}

/** Parts of a layer that complete its extract. */
export interface ExtractParts {
  /** Parts of the layer, as fetched. They are compared with the checkpoints. */
  readonly stored: readonly StoredBytes[];
  /** Writes an extract that has these files, too. */
  readonly recorder?: ExtractWriter | undefined;
}

/**
 * Reads the extract of a layer, as the layer itself would be read. With `parts`, takes files that the extract lacks from them. Throws
 * `ExtractMissError` if more of the layer is needed, and any other error if the extract is damaged.
 */
export function readExtract(
  extract: Buffer,
  claims: LayerClaims,
  options: ReadExtractOptions,
  { stored, recorder }: ExtractParts = { stored: [] },
): LayerReadResult {
  const { blocks, end } = openExtract(extract, claims);
  const parts = new StoredParts(stored.length === 0 ? [] : checkpointsOf(blocks), stored);
  const { walker, collector } = createWalk(blocks, end, claims, { ...options, recorder });
  walkExtract(blocks, walker, {
    takeGap: (gap) => {
      for (const bytes of parts.read(gap)) walker.push(bytes);
    },
    onSkip: (count) => recorder?.leaveOut(count),
  });
  walker.end();
  for (const { kind, content } of blocks)
    if (kind === extractBlock.checkpoints) recorder?.addCheckpoints(content());
  return { collected: collector.finish(), ...end.layer };
}

/**
 * Returns the ranges of the layer as stored that would complete its extract. Undefined if that is unknown, since the extract has no checkpoints
 * there. Throws `ExtractMissError` if the layer must be read whole, and any other error if the extract is damaged.
 */
export function missingRanges(
  extract: Buffer,
  claims: LayerClaims,
  options: ReadExtractOptions,
): readonly LayerRange[] | undefined {
  const { blocks, end } = openExtract(extract, claims);
  const parts = checkpointsOf(blocks);
  if (parts.length === 0) return undefined;
  const { walker } = createWalk(blocks, end, claims, options);
  const gaps: LayerRange[] = [];
  walkExtract(blocks, walker, {
    takeGap: (gap) => {
      gaps.push(gap);
      walker.skip(gap.end - gap.offset);
    },
    onSkip: () => undefined,
  });
  return storedRanges(gaps, parts);
}

interface OpenedExtract {
  readonly blocks: readonly ExtractBlock[];
  readonly end: ExtractEnd;
}

function openExtract(extract: Buffer, claims: LayerClaims): OpenedExtract {
  const blocks = [...readExtractBlocks(extract)];
  const last = blocks.at(-1);
  if (last?.kind !== extractBlock.end) throw new Error('the extract has no end');
  // The text was written by `ExtractWriter`, and the extract has its digest.
  const end = JSON.parse(last.content().toString()) as ExtractEnd;
  if (!isDeepStrictEqual(end.claims, plainClaims(claims)))
    throw new ExtractMissError('the image states other digests or another form of the layer');
  return { blocks, end };
}

/** Returns the parts between the checkpoints of an extract. Empty without checkpoints. */
function checkpointsOf(blocks: readonly ExtractBlock[]): ReturnType<typeof readParts> {
  return readParts(
    blocks.filter(({ kind }) => kind === extractBlock.checkpoints).map(({ content }) => content()),
  );
}

function createWalk(
  blocks: readonly ExtractBlock[],
  end: ExtractEnd,
  claims: LayerClaims,
  { readerVersion, ...options }: ReadExtractOptions & Pick<ExtractParts, 'recorder'>,
): ReturnType<typeof createLayerWalk> {
  const known = new RecordedPrograms();
  if (end.readerVersion === readerVersion)
    for (const { kind, content } of blocks) if (kind === extractBlock.programs) known.add(content());
  return createLayerWalk(claims, { ...options, known });
}

/** Returns claims as they are after a way through JSON. */
export function plainClaims({ digest, diffId, root, statedCompression }: LayerClaims): LayerClaims {
  return {
    ...(digest && { digest }),
    ...(diffId && { diffId }),
    ...(root !== undefined && { root }),
    ...(statedCompression && { statedCompression }),
  };
}

interface GapHandler {
  /** Moves the walk over a range of the archive that the extract lacks, and that the walk needs. */
  readonly takeGap: (gap: LayerRange) => void;
  /** Called for a gap that the walk does not need. */
  readonly onSkip: (count: number) => void;
}

/** Walks over the pieces of an extract, and over the gaps behind them. */
function walkExtract(blocks: readonly ExtractBlock[], walker: TarWalker, gaps: GapHandler): void {
  let position = 0;
  for (const { kind, content } of blocks) {
    if (kind !== extractBlock.pieces) continue;
    const block = content();
    for (let at = 0; at < block.length; ) {
      const kept = block.readUInt32BE(at);
      const leftOut = block.readUIntBE(at + 4, 6);
      const from = at + pieceHeadBytes;
      walker.push(block.subarray(from, from + kept));
      position += kept;
      walkGap({ offset: position, end: position + leftOut }, walker, gaps);
      position += leftOut;
      at = from + kept;
    }
  }
}

function walkGap(gap: LayerRange, walker: TarWalker, { takeGap, onSkip }: GapHandler): void {
  const count = gap.end - gap.offset;
  if (walker.skippable >= count) {
    walker.skip(count);
    onSkip(count);
  } else if (walker.payloadLeft >= count) takeGap(gap);
  else throw new ExtractMissError('the extract lacks bytes outside of files');
}
