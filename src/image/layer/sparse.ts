import { decimal } from '../../kit/tar/member.ts';
import { type SparseForm, type SparsePiece, sparsePiecesMax } from '../../kit/tar/walker.ts';

/** Returns the content of a sparse file from its stored bytes, or undefined if its map is malformed. */
export function expandSparse(stored: Buffer, sparse: SparseForm): Buffer | undefined {
  if (sparse.form === 'pieces') return layOut(stored, sparse.pieces, sparse.realSize);
  const map = readMap(stored);
  return map && layOut(stored.subarray(map.dataFrom), map.pieces, sparse.realSize);
}

function layOut(data: Buffer, pieces: readonly SparsePiece[], realSize: number): Buffer | undefined {
  if (!Number.isSafeInteger(realSize) || realSize < 0) return undefined;
  const real = Buffer.alloc(realSize);
  let from = 0;
  let laid = 0;
  for (const { offset, size } of pieces) {
    // Pieces are in order and do not overlap.
    if (offset < laid || offset + size > realSize || from + size > data.length) return undefined;
    laid = offset + size;
    data.copy(real, offset, from, from + size);
    from += size;
  }
  return real;
}

/**
 * Parses the map of the GNU sparse format 1.0. It has decimal numbers, one per line, padded to the block: the number of pieces, then offset
 * and size of each.
 */
function readMap(stored: Buffer): { pieces: SparsePiece[]; dataFrom: number } | undefined {
  let at = 0;
  const next = (): number => {
    const end = stored.indexOf(0x0a, at);
    const value = end < 0 ? undefined : decimal(stored.toString('latin1', at, end));
    at = end + 1;
    return value ?? Number.NaN;
  };
  const count = next();
  if (Number.isNaN(count) || count > sparsePiecesMax) return undefined;
  const pieces: SparsePiece[] = [];
  for (let i = 0; i < count; i++) {
    const piece = { offset: next(), size: next() };
    // After the last line feed, each further search would scan all bytes again.
    if (Number.isNaN(piece.offset + piece.size)) return undefined;
    pieces.push(piece);
  }
  return { pieces, dataFrom: Math.ceil(at / 512) * 512 };
}

/**
 * Returns the first bytes of a sparse file from the start of its stored bytes. Returns undefined if the map is malformed or longer than
 * these bytes.
 */
export function beginningOfSparse(stored: Buffer, sparse: SparseForm, length: number): Buffer | undefined {
  const map = sparse.form === 'pieces' ? { pieces: sparse.pieces, dataFrom: 0 } : readMap(stored);
  if (map === undefined) return undefined;
  const beginning = Buffer.alloc(length);
  let from = map.dataFrom;
  for (const { offset, size } of map.pieces) {
    const wanted = Math.min(size, length - offset);
    if (wanted > 0) {
      if (from + wanted > stored.length) return undefined;
      stored.copy(beginning, offset, from, from + wanted);
    }
    from += size;
  }
  return beginning;
}
