import { isDeepStrictEqual } from 'node:util';
import type { TarWalker } from '../../kit/tar/walker.ts';
import type { LayerClaims } from '../image-layer.ts';
import { extractBlock, readExtractBlocks } from './extract-format.ts';
import { ExtractMissError, RecordedPrograms } from './extract-programs.ts';
import { type ExtractEnd, pieceHeadBytes } from './extract-writer.ts';
import { createLayerWalk, type LayerReadResult, type ReadOptions } from './layer-walk.ts';

/** Options for reading an extract. */
export interface ReadExtractOptions extends Omit<ReadOptions, 'recorder' | 'known'> {
  /** Version of the code that reads programs. */
  readonly readerVersion: number;
}

/**
 * Reads the extract of a layer, as the layer itself would be read. Throws `ExtractMissError` if the layer must be read whole, and any other
 * error if the extract is damaged.
 */
export function readExtract(
  extract: Buffer,
  claims: LayerClaims,
  { readerVersion, ...options }: ReadExtractOptions,
): LayerReadResult {
  const blocks = [...readExtractBlocks(extract)];
  const last = blocks.at(-1);
  if (last?.kind !== extractBlock.end) throw new Error('the extract has no end');
  // The text was written by `ExtractWriter`, and the extract has its digest.
  const end = JSON.parse(last.content().toString()) as ExtractEnd;
  if (!isDeepStrictEqual(end.claims, plainClaims(claims)))
    throw new ExtractMissError('the image states other digests or another form of the layer');
  const known = new RecordedPrograms();
  if (end.readerVersion === readerVersion)
    for (const { kind, content } of blocks) if (kind === extractBlock.programs) known.add(content());
  const { walker, collector } = createLayerWalk(claims, { ...options, known });
  for (const { kind, content } of blocks) if (kind === extractBlock.pieces) walkPieces(content(), walker);
  walker.end();
  return { collected: collector.finish(), ...end.layer };
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

/** Walks over pieces, and over the gaps behind them. Throws if the walk needs bytes of a gap. */
function walkPieces(block: Buffer, walker: TarWalker): void {
  for (let at = 0; at < block.length; ) {
    const kept = block.readUInt32BE(at);
    const leftOut = block.readUIntBE(at + 4, 6);
    const from = at + pieceHeadBytes;
    walker.push(block.subarray(from, from + kept));
    if (walker.skippable < leftOut) throw new ExtractMissError('the extract lacks a file that is wanted now');
    walker.skip(leftOut);
    at = from + kept;
  }
}
