import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import {
  blockBytes,
  hasValidChecksum,
  isOrdinary,
  isZeroBlock,
  numberField,
  parseHeader,
  payloadBytes,
  TarError,
  type TarHeader,
  uint32View,
} from './header.ts';
import {
  type ExtendedHeaders,
  globalHeaderOf,
  memberOf,
  type SparseForm,
  type SparsePiece,
  type TarEntry,
} from './member.ts';
import { decodePath } from './name.ts';
import { parsePax } from './pax.ts';

export type { SparseForm, SparsePiece, TarEntry };

/** Maximum number of pieces of one sparse file: as many as the largest extended header could list. */
export const sparsePiecesMax: number = Math.floor(limits.tarMetadataBytes / 24);

/** Receives the payload of one member. The bytes are valid only during the call. */
export interface PayloadSink {
  write(bytes: Buffer): void;
  /** Called at the end of the payload, or when the sink is sated. */
  close(): void;
  /** Whether the rest of the payload may be skipped. */
  readonly isSated?: boolean;
  /** Bytes at the start of the payload that a recording of the walk keeps; all by default. */
  readonly recordedBytes?: number;
}

/** Records the bytes of an archive that a walk depends on. A walk over these bytes, with gaps for the others, has the same result. */
export interface WalkRecorder {
  /** Bytes at the start of a skipped payload that are kept, since a `MemberFilter` may have read them. */
  readonly probeBytes: number;
  /** Called before the first bytes of a header. */
  beginHeader(): void;
  /** Takes bytes that are needed. They are valid only during the call. */
  keep(bytes: Buffer): void;
  /** Takes the number of next bytes that are not needed. */
  leaveOut(count: number): void;
}

/** Decides for each member whether its payload is wanted. Unwanted payloads are skipped without a copy. */
export type TarVisitor = (entry: TarEntry) => PayloadSink | undefined;

/**
 * Decides from the header of a member with a short name whether the visitor could want it. False is certain, true is not. `payload` is the
 * offset of the payload in the same bytes, as far as they reach.
 */
export type MemberFilter = (block: Buffer, offset: number, payload: number) => boolean;

type State = 'header' | 'metadata' | 'sparse-map' | 'payload' | 'padding' | 'ended';

/**
 * Walks a tar archive that is pushed in pieces of any size. It reads it as Go's archive/tar does, which container runtimes use to unpack
 * layers (docs/reference/reading-images.md). It never seeks back and holds no payload. It reports how many of the next bytes are unwanted,
 * so that a caller can seek over them in a file.
 */
export class TarWalker {
  readonly #visit: TarVisitor;
  readonly #filter: MemberFilter | undefined;
  readonly #recorder: WalkRecorder | undefined;
  readonly #block: Buffer = Buffer.allocUnsafe(blockBytes);
  readonly #blockWords: Uint32Array | undefined = uint32View(this.#block);
  #blockFill = 0;
  #state: State = 'header';
  #position = 0;
  #remaining = 0;
  /** Size of the payload in work. */
  #payloadBytes = 0;
  #padding = 0;
  #sink: PayloadSink | undefined;
  #header: TarHeader | undefined;
  #metadata: Buffer[] = [];
  #extended: ExtendedHeaders | undefined;
  #sparsePieces: SparsePiece[] = [];
  #entries = 0;
  #hasZeroBlock = false;

  constructor(visit: TarVisitor, mayMatter?: MemberFilter, recorder?: WalkRecorder) {
    this.#visit = visit;
    this.#filter = mayMatter;
    this.#recorder = recorder;
  }

  /** The number of next bytes that may be skipped instead of pushed. */
  get skippable(): number {
    if (this.#state === 'ended') return Number.MAX_SAFE_INTEGER;
    if (this.#state === 'payload' && this.#sink === undefined) return this.#remaining + this.#padding;
    return this.#state === 'padding' ? this.#padding : 0;
  }

  /** The number of next bytes that belong to the payload in work. They may be skipped although its sink wants them. */
  get payloadLeft(): number {
    return this.#state === 'payload' ? this.#remaining + this.#padding : 0;
  }

  /** Skips `count` bytes that were not pushed: at most `skippable`, or `payloadLeft`. The sink of that payload gets no more, and is not closed. */
  skip(count: number): void {
    this.#position += count;
    // Skipping nothing must not change the state: only within a member does the state follow from the remaining bytes.
    if (count === 0 || this.#state === 'ended') return;
    this.#sink = undefined;
    const ofPayload = Math.min(count, this.#remaining);
    this.#remaining -= ofPayload;
    this.#padding -= count - ofPayload;
    if (this.#remaining === 0) this.#state = this.#padding === 0 ? 'header' : 'padding';
  }

  /** Takes the next bytes. Throws `TarError` if they are not a tar archive, and any error of the visitor. */
  push(bytes: Buffer): void {
    let at = 0;
    const words = uint32View(bytes);
    while (at < bytes.length) {
      const skippable = Math.min(this.skippable, bytes.length - at);
      if (skippable > 0) {
        if (this.#recorder !== undefined) this.#recordSkip(bytes.subarray(at, at + skippable));
        this.skip(skippable);
        at += skippable;
      } else if (this.#state === 'payload' || this.#state === 'metadata') {
        at += this.#takePayload(bytes, at);
      } else {
        at += this.#takeBlock(bytes, at, words);
      }
    }
  }

  /** Ends the archive. Throws if it ends inside a member. A missing end marker is not an error. */
  end(): void {
    const isWhole = this.#state === 'ended' || this.#state === 'padding' || this.#isBetweenMembers();
    if (!isWhole) throw new TarError('the tar archive is cut short', this.#position);
  }

  #isBetweenMembers(): boolean {
    return this.#state === 'header' && this.#blockFill === 0 && this.#extended === undefined;
  }

  #takePayload(bytes: Buffer, at: number): number {
    const count = Math.min(this.#remaining, bytes.length - at);
    const piece = bytes.subarray(at, at + count);
    if (this.#recorder !== undefined) this.#recordPayload(piece, this.#neededBytes());
    if (this.#state === 'metadata') this.#metadata.push(Buffer.from(piece));
    else this.#write(piece);
    this.#remaining -= count;
    this.#position += count;
    if (this.#remaining === 0) this.#endPayload();
    return count;
  }

  #write(piece: Buffer): void {
    const sink = this.#sink;
    sink?.write(piece);
    if (sink?.isSated !== true) return;
    this.#sink = undefined;
    sink.close();
  }

  #endPayload(): void {
    if (this.#state === 'metadata') this.#endMetadata();
    else this.#sink?.close();
    this.#sink = undefined;
    this.#state = this.#padding === 0 ? 'header' : 'padding';
  }

  /** Returns how many bytes at the start of the payload in work the walk needs. */
  #neededBytes(): number {
    const recorded = this.#state === 'metadata' ? undefined : this.#sink?.recordedBytes;
    return recorded === undefined
      ? Number.POSITIVE_INFINITY
      : Math.max(recorded, this.#recorder?.probeBytes ?? 0);
  }

  #recordPayload(piece: Buffer, neededBytes: number): void {
    const before = this.#payloadBytes - this.#remaining;
    const kept = Math.min(Math.max(neededBytes - before, 0), piece.length);
    if (kept > 0) this.#recorder?.keep(piece.subarray(0, kept));
    if (kept < piece.length) this.#recorder?.leaveOut(piece.length - kept);
  }

  /** Records skipped bytes: the payload, and the padding behind it. */
  #recordSkip(skipped: Buffer): void {
    const ofPayload = this.#state === 'payload' ? Math.min(this.#remaining, skipped.length) : 0;
    if (ofPayload > 0) this.#recordPayload(skipped.subarray(0, ofPayload), this.#recorder?.probeBytes ?? 0);
    if (ofPayload < skipped.length) this.#recorder?.leaveOut(skipped.length - ofPayload);
  }

  /** Records bytes of a header, or of the map of a sparse file. */
  #recordBlock(bytes: Buffer): void {
    if (this.#state === 'header' && this.#blockFill === 0) this.#recorder?.beginHeader();
    this.#recorder?.keep(bytes);
  }

  #takeBlock(bytes: Buffer, at: number, words: Uint32Array | undefined): number {
    if (this.#blockFill === 0 && bytes.length - at >= blockBytes) {
      if (this.#recorder !== undefined) this.#recordBlock(bytes.subarray(at, at + blockBytes));
      this.#position += blockBytes;
      this.#endBlock(bytes, at, words);
      return blockBytes;
    }
    const count = Math.min(blockBytes - this.#blockFill, bytes.length - at);
    if (this.#recorder !== undefined) this.#recordBlock(bytes.subarray(at, at + count));
    bytes.copy(this.#block, this.#blockFill, at, at + count);
    this.#blockFill += count;
    this.#position += count;
    if (this.#blockFill === blockBytes) {
      this.#blockFill = 0;
      this.#endBlock(this.#block, 0, this.#blockWords);
    }
    return count;
  }

  #endBlock(block: Buffer, offset: number, words: Uint32Array | undefined): void {
    if (this.#state === 'sparse-map') this.#takeSparseMap(block, offset);
    else if (isZeroBlock(block, offset)) this.#takeZeroBlock();
    else if (this.#hasZeroBlock)
      throw new TarError('one block of zeros, where two end an archive,', this.#position - 2 * blockBytes);
    else if (hasValidChecksum(block, offset, words)) this.#takeHeader(block, offset);
    else throw new TarError('no tar header where one must be', this.#position - blockBytes);
  }

  /** Two blocks of zeros end the archive, whatever follows them. */
  #takeZeroBlock(): void {
    if (this.#hasZeroBlock) this.#state = 'ended';
    this.#hasZeroBlock = true;
  }

  #takeHeader(block: Buffer, offset: number): void {
    if (++this.#entries > limits.layerEntries) {
      throw new ClairError('limit-exceeded', `more than ${limits.layerEntries} archive members`, {
        limit: 'layerEntries',
      });
    }
    if (this.#isUnwanted(block, offset)) {
      this.#beginPayload('payload', payloadBytes(block, offset, this.#position - blockBytes));
      return;
    }
    const header = parseHeader(block, offset, this.#position - blockBytes);
    this.#header = header;
    if ('xgLK'.includes(header.flag)) {
      this.#beginMetadata(header);
    } else if (header.flag === 'S') {
      if (header.dialect !== 'gnu') throw new TarError('a sparse file without a GNU header', this.#position);
      this.#sparsePieces = readPieces(block, { offset: offset + 386, count: 4, position: this.#position });
      const isExtended = block[offset + 482] !== 0;
      const realSize = numberField(block, offset + 483, 12);
      if (realSize === undefined) throw new TarError('a sparse file of an impossible size', this.#position);
      this.#remaining = realSize; // until the map is complete
      if (isExtended) this.#state = 'sparse-map';
      else this.#beginSparse(header);
    } else {
      this.#beginMember(header);
    }
  }

  /** Recognizes nearly all members: an ordinary type and name that no extension wants, without extended headers. */
  #isUnwanted(block: Buffer, offset: number): boolean {
    if (this.#filter === undefined || this.#extended !== undefined || !isOrdinary(block, offset))
      return false;
    return !this.#filter(block, offset, offset + blockBytes);
  }

  #beginMetadata(header: TarHeader): void {
    if (header.size > limits.tarMetadataBytes) {
      throw new TarError(
        `an extended header of ${header.size} bytes, more than ${limits.tarMetadataBytes}`,
        this.#position,
      );
    }
    this.#metadata = [];
    this.#beginPayload('metadata', header.size);
    if (header.size === 0) this.#endPayload();
  }

  #endMetadata(): void {
    const payload = Buffer.concat(this.#metadata);
    this.#metadata = [];
    const header = this.#header;
    const flag = header?.flag;
    if (flag === 'L') this.#extend({ longName: longText(payload) });
    else if (flag === 'K') this.#extend({ longTarget: longText(payload) });
    else {
      const pax = parsePax(payload);
      if (pax === undefined) throw new TarError('a malformed pax header', this.#position);
      if (flag === 'x') this.#extend({ pax });
      else {
        // A global header applies to nothing, and discards the extended headers before it.
        this.#extended = undefined;
        if (header !== undefined) this.#visit(globalHeaderOf(header, pax, this.#position));
      }
    }
  }

  /** Of headers of one kind, only the last one counts, as a whole. */
  #extend(headers: ExtendedHeaders): void {
    this.#extended = { ...this.#extended, ...headers };
  }

  #takeSparseMap(block: Buffer, offset: number): void {
    this.#sparsePieces.push(...readPieces(block, { offset, count: 21, position: this.#position }));
    if (this.#sparsePieces.length > sparsePiecesMax)
      throw new TarError('an endless sparse map', this.#position);
    if (block[offset + 504] === 0 && this.#header !== undefined) this.#beginSparse(this.#header);
  }

  #beginSparse(header: TarHeader): void {
    const pieces: SparseForm = { form: 'pieces', realSize: this.#remaining, pieces: this.#sparsePieces };
    this.#sparsePieces = [];
    this.#beginMember(header, pieces);
  }

  #beginMember(header: TarHeader, pieces?: SparseForm): void {
    const entry = memberOf(header, this.#extended ?? {}, {
      position: this.#position,
      ...(pieces && { pieces }),
    });
    this.#extended = undefined;
    const { size } = entry;
    const sink = this.#visit(entry);
    this.#sink = size > 0 ? sink : undefined;
    this.#beginPayload('payload', size);
    if (size === 0) sink?.close();
  }

  #beginPayload(state: 'payload' | 'metadata', size: number): void {
    this.#remaining = size;
    this.#payloadBytes = size;
    this.#padding = (blockBytes - (size % blockBytes)) % blockBytes;
    this.#state = size === 0 && state === 'payload' ? 'header' : state;
  }
}

/** Decodes a path that ends at a NUL or with the bytes. */
function longText(payload: Buffer): string {
  const end = payload.indexOf(0);
  return decodePath(end < 0 ? payload : payload.subarray(0, end));
}

function readPieces(
  block: Buffer,
  { offset, count, position }: { readonly offset: number; readonly count: number; readonly position: number },
): SparsePiece[] {
  const pieces: SparsePiece[] = [];
  for (let i = 0; i < count; i++) {
    const at = offset + i * 24;
    if (block[at] === 0) break; // as GNU's and BSD's tar end a map
    const [start, size] = [numberField(block, at, 12), numberField(block, at + 12, 12)];
    if (start === undefined || size === undefined) throw new TarError('a malformed sparse map', position);
    pieces.push({ offset: start, size });
  }
  return pieces;
}

/** Collects the payload of a member of `size` bytes and passes it on in one piece when it is complete. */
export function collectPayload(size: number, onPayload: (bytes: Buffer) => void): PayloadSink {
  const bytes = Buffer.allocUnsafe(size);
  let filled = 0;
  return {
    write: (piece) => {
      filled += piece.copy(bytes, filled);
    },
    close: () => {
      onPayload(bytes);
    },
  };
}
