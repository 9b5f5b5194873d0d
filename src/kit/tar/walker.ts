import { ClairError } from '../errors.ts';
import { limits } from '../limits.ts';
import {
  blockBytes,
  hasValidChecksum,
  isOrdinary,
  isZeroBlock,
  number,
  parseHeader,
  payloadBytes,
  TarError,
  type TarHeader,
  text,
} from './header.ts';
import { cleanPath } from './path.ts';
import { type PaxAttributes, parsePax } from './pax.ts';

/** A member of a tar archive, with the long names and sizes of its extended headers applied. */
export interface TarEntry {
  /** Inside the image; see `cleanPath`. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symbolic-link' | 'hard-link' | 'other';
  /** Payload bytes as stored. */
  readonly size: number;
  /** Target of a link as written; empty for everything else. */
  readonly target: string;
  /** Position of the payload, in bytes from the start of the archive. */
  readonly offset: number;
  readonly sparse?: SparseForm;
}

/** How a sparse file is stored: its pieces are in the header, or as text in front of its data (pax format 1.0). */
export type SparseForm =
  | { readonly form: 'pieces'; readonly realSize: number; readonly pieces: readonly SparsePiece[] }
  | { readonly form: 'map-in-data'; readonly realSize: number };

/** A stretch of data of a sparse file; what no piece covers is zeros. */
export interface SparsePiece {
  readonly offset: number;
  readonly size: number;
}

/** Pieces one sparse file may have: as many as an extended header of the largest size could tell. */
export const sparsePiecesMax: number = Math.floor(limits.tarMetadataBytes / 24);

/** Receives the payload of one member. The bytes are valid only during the call. */
export interface PayloadSink {
  write(bytes: Buffer): void;
  /** Says that the payload ends, or that no more of it comes because the sink wanted no more. */
  close(): void;
  /** Whether the rest of the payload may be skipped. */
  readonly isSated?: boolean;
}

/** Decides, member by member, which payloads are wanted; the others are skipped without being copied. */
export type TarVisitor = (entry: TarEntry) => PayloadSink | undefined;

/**
 * Tells from the header of a member with a short name whether the visitor can want it at all; false is certain, true is not. `payload` is
 * the place of the payload in the same bytes, as far as they reach.
 */
export type MemberFilter = (block: Buffer, offset: number, payload: number) => boolean;

type State = 'header' | 'metadata' | 'sparse-map' | 'payload' | 'padding' | 'ended' | 'garbage';

/**
 * Walks a tar archive that is pushed in pieces of any size. It never looks back, holds no payload, and tells the caller how
 * many of the next bytes nobody wants, so that a file on disk can be seeked over.
 */
export class TarWalker {
  readonly #visit: TarVisitor;
  readonly #mayMatter: MemberFilter | undefined;
  readonly #block: Buffer = Buffer.allocUnsafe(blockBytes);
  #blockFill = 0;
  #state: State = 'header';
  #position = 0;
  #remaining = 0;
  #padding = 0;
  #sink: PayloadSink | undefined;
  #header: TarHeader | undefined;
  #metadata: Buffer[] = [];
  #longName: string | undefined;
  #longTarget: string | undefined;
  #pax: PaxAttributes | undefined;
  #globalPax: PaxAttributes | undefined;
  #sparsePieces: SparsePiece[] = [];
  #entries = 0;
  #zeroBlocks = 0;

  constructor(visit: TarVisitor, mayMatter?: MemberFilter) {
    this.#visit = visit;
    this.#mayMatter = mayMatter;
  }

  /** How many of the next bytes may be skipped instead of pushed. */
  get skippable(): number {
    if (this.#state === 'garbage') return Number.MAX_SAFE_INTEGER;
    if (this.#state === 'payload' && this.#sink === undefined) return this.#remaining + this.#padding;
    return this.#state === 'padding' ? this.#padding : 0;
  }

  /** Passes over `count` bytes that were not pushed; at most `skippable`. */
  skip(count: number): void {
    this.#position += count;
    // Nothing skipped changes nothing: only within a member does the state follow from what remains of it.
    if (count === 0 || this.#state === 'garbage') return;
    const ofPayload = Math.min(count, this.#remaining);
    this.#remaining -= ofPayload;
    this.#padding -= count - ofPayload;
    if (this.#remaining === 0) this.#state = this.#padding === 0 ? 'header' : 'padding';
  }

  /** Takes the next bytes. Throws `TarError` where they are no tar archive, and whatever the visitor throws. */
  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      const skippable = Math.min(this.skippable, bytes.length - at);
      if (skippable > 0) {
        this.skip(skippable);
        at += skippable;
      } else if (this.#state === 'payload' || this.#state === 'metadata') {
        at += this.#takePayload(bytes, at);
      } else {
        at += this.#takeBlock(bytes, at);
      }
    }
  }

  /** Says that the archive ends here. Throws when it ends inside a member. A missing end marker is no fault. */
  end(): void {
    const isWhole =
      this.#state === 'ended' ||
      this.#state === 'garbage' ||
      this.#state === 'padding' ||
      this.#isBetweenMembers();
    if (!isWhole) throw new TarError('the tar archive is cut short', this.#position);
  }

  #isBetweenMembers(): boolean {
    return (
      this.#state === 'header' &&
      this.#blockFill === 0 &&
      this.#longName === undefined &&
      this.#pax === undefined
    );
  }

  #takePayload(bytes: Buffer, at: number): number {
    const count = Math.min(this.#remaining, bytes.length - at);
    const piece = bytes.subarray(at, at + count);
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

  #takeBlock(bytes: Buffer, at: number): number {
    if (this.#blockFill === 0 && bytes.length - at >= blockBytes) {
      this.#position += blockBytes;
      this.#endBlock(bytes, at);
      return blockBytes;
    }
    const count = Math.min(blockBytes - this.#blockFill, bytes.length - at);
    bytes.copy(this.#block, this.#blockFill, at, at + count);
    this.#blockFill += count;
    this.#position += count;
    if (this.#blockFill === blockBytes) {
      this.#blockFill = 0;
      this.#endBlock(this.#block, 0);
    }
    return count;
  }

  #endBlock(block: Buffer, offset: number): void {
    if (this.#state === 'sparse-map') this.#takeSparseMap(block, offset);
    else if (isZeroBlock(block, offset)) this.#state = ++this.#zeroBlocks >= 2 ? 'ended' : this.#state;
    else if (hasValidChecksum(block, offset)) this.#takeHeader(block, offset);
    // Bytes after the end marker that begin no further archive are somebody's padding.
    else if (this.#state === 'ended') this.#state = 'garbage';
    else throw new TarError('no tar header where one must be', this.#position - blockBytes);
  }

  #takeHeader(block: Buffer, offset: number): void {
    if (++this.#entries > limits.layerEntries) {
      throw new ClairError('limit-exceeded', `more than ${limits.layerEntries} archive members`, {
        limit: 'layerEntries',
      });
    }
    this.#zeroBlocks = 0;
    if (this.#isForNobody(block, offset)) {
      this.#beginPayload('payload', payloadBytes(block, offset, this.#position - blockBytes));
      return;
    }
    const header = parseHeader(block, offset, this.#position - blockBytes);
    this.#header = header;
    if ('xgLK'.includes(header.flag)) {
      this.#beginMetadata(header);
    } else if (header.flag === 'S') {
      this.#sparsePieces = readPieces(block, offset + 386, 4);
      const isExtended = block[offset + 482] !== 0;
      this.#remaining = number(block, offset + 483, 12) ?? 0; // the real size, until the map is complete
      if (isExtended) this.#state = 'sparse-map';
      else this.#beginSparse(header);
    } else {
      this.#beginMember(header);
    }
  }

  /** Nearly all members: an ordinary type and name, without extended headers, that no extension looks at. */
  #isForNobody(block: Buffer, offset: number): boolean {
    if (this.#mayMatter === undefined || this.#pax !== undefined || this.#globalPax !== undefined)
      return false;
    if (this.#longName !== undefined || this.#longTarget !== undefined || !isOrdinary(block, offset))
      return false;
    return !this.#mayMatter(block, offset, offset + blockBytes);
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
    const flag = this.#header?.flag;
    if (flag === 'L') this.#longName = text(payload, 0, payload.length);
    else if (flag === 'K') this.#longTarget = text(payload, 0, payload.length);
    else {
      const attributes = parsePax(payload);
      if (attributes === undefined) throw new TarError('a malformed pax header', this.#position);
      if (flag === 'g') this.#globalPax = new Map([...(this.#globalPax ?? []), ...attributes]);
      else this.#pax = attributes;
    }
  }

  #takeSparseMap(block: Buffer, offset: number): void {
    this.#sparsePieces.push(...readPieces(block, offset, 21));
    if (this.#sparsePieces.length > sparsePiecesMax)
      throw new TarError('an endless sparse map', this.#position);
    if (block[offset + 504] === 0 && this.#header !== undefined) this.#beginSparse(this.#header);
  }

  #beginSparse(header: TarHeader): void {
    const sparse: SparseForm = { form: 'pieces', realSize: this.#remaining, pieces: this.#sparsePieces };
    this.#sparsePieces = [];
    this.#beginMember({ ...header, flag: '0' }, sparse);
  }

  #beginMember(header: TarHeader, sparse?: SparseForm): void {
    const size = this.#payloadSize(header);
    const entry = this.#entryOf(header, size, sparse);
    this.#longName = undefined;
    this.#longTarget = undefined;
    this.#pax = undefined;
    const sink = this.#visit(entry);
    this.#sink = size > 0 ? sink : undefined;
    this.#beginPayload('payload', size);
    if (size === 0) sink?.close();
  }

  /** A pax size overrides the header's; links and directories have no payload whatever the header says. */
  #payloadSize(header: TarHeader): number {
    if ('123456'.includes(header.flag)) return 0;
    return this.#sizeOf(this.#pax?.get('size') ?? this.#globalPax?.get('size')) ?? header.size;
  }

  #sizeOf(stated: string | undefined): number | undefined {
    if (stated === undefined || stated === '') return undefined;
    const size = Number(stated);
    if (!Number.isSafeInteger(size) || size < 0)
      throw new TarError('a pax header has an impossible size', this.#position);
    return size;
  }

  #entryOf(header: TarHeader, size: number, sparse: SparseForm | undefined): TarEntry {
    const sparseForm = sparse ?? this.#paxSparse();
    const name =
      this.#attribute('GNU.sparse.name') ?? this.#attribute('path') ?? this.#longName ?? header.name;
    const target = this.#attribute('linkpath') ?? this.#longTarget ?? header.linkName;
    const type = typeOf(header.flag, name);
    return {
      path: cleanPath(name),
      type,
      size,
      target: type === 'symbolic-link' || type === 'hard-link' ? target : '',
      offset: this.#position,
      ...(sparseForm && { sparse: sparseForm }),
    };
  }

  #attribute(key: string): string | undefined {
    if (this.#pax === undefined && this.#globalPax === undefined) return undefined;
    const value = this.#pax?.get(key) ?? this.#globalPax?.get(key);
    return value === '' ? undefined : value;
  }

  #paxSparse(): SparseForm | undefined {
    if (this.#pax?.get('GNU.sparse.major') === undefined) return undefined;
    return { form: 'map-in-data', realSize: this.#sizeOf(this.#pax.get('GNU.sparse.realsize')) ?? 0 };
  }

  #beginPayload(state: 'payload' | 'metadata', size: number): void {
    this.#remaining = size;
    this.#padding = (blockBytes - (size % blockBytes)) % blockBytes;
    this.#state = size === 0 && state === 'payload' ? 'header' : state;
  }
}

function typeOf(flag: string, name: string): TarEntry['type'] {
  switch (flag) {
    case '0':
      // v7 archives have no type for directories: the name ends with a slash.
      return name.endsWith('/') ? 'directory' : 'file';
    case '1':
      return 'hard-link';
    case '2':
      return 'symbolic-link';
    case '5':
    case 'D':
      return 'directory';
    default:
      return 'other';
  }
}

function readPieces(block: Buffer, offset: number, count: number): SparsePiece[] {
  const pieces: SparsePiece[] = [];
  for (let i = 0; i < count; i++) {
    const at = offset + i * 24;
    const size = number(block, at + 12, 12) ?? 0;
    if (size > 0) pieces.push({ offset: number(block, at, 12) ?? 0, size });
  }
  return pieces;
}
