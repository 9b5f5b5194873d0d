import type { Blob } from './header.ts';

const magics = { header: 0x506d7052, slot: 0x746f6c53, blobStart: 0x53626c42, blobEnd: 0x45626c42 };
const headerBytes = 32;
const slotBytes = 16;
const slotPageBytes = 4096;
/** As in rpm, lib/backend/ndb/rpmpkg.c. */
const slotPagesMax = 2048;
const blockBytes = 16;
const blobHeadBytes = 16;
const blobTailBytes = 12;

/** Returns whether a file begins like a package database of rpm's own format, "RpmP". */
export function isNdb(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === magics.header
  );
}

/**
 * Yields the headers in a `Packages.db` file: pages of little-endian slots, and the blobs that the used slots refer to.
 * Unused slots may be anywhere (rpm, lib/backend/ndb).
 */
export function* readNdb(bytes: Uint8Array): Generator<Blob> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < headerBytes) {
    yield 'is cut off within its header';
    return;
  }
  const version = view.getUint32(4, true);
  const slotPages = view.getUint32(12, true);
  if (version !== 0) yield `is of the unknown version ${version}`;
  if (slotPages > slotPagesMax) yield `claims ${slotPages} pages of slots`;
  const slotsEnd = Math.min(slotPages, slotPagesMax) * slotPageBytes;
  if (slotsEnd > bytes.length) yield 'is cut off within its slots';
  // Blobs do not share bytes. Without this limit a small file could refer to one large blob in every slot.
  let bytesLeft = bytes.length;
  for (let slot = headerBytes; slot + slotBytes <= Math.min(slotsEnd, bytes.length); slot += slotBytes) {
    if (view.getUint32(slot, true) !== magics.slot) {
      yield `the slot at byte ${slot} is damaged`;
      continue;
    }
    const packageIndex = view.getUint32(slot + 4, true);
    const block = view.getUint32(slot + 8, true);
    if (packageIndex === 0 || block === 0) continue;
    const blob = readBlob(view, {
      packageIndex,
      start: block * blockBytes,
      blocks: view.getUint32(slot + 12, true),
    });
    bytesLeft -= blob.length;
    if (bytesLeft < 0) {
      yield 'has packages that overlap; the rest was not read';
      return;
    }
    yield blob;
  }
}

interface Place {
  readonly packageIndex: number;
  readonly start: number;
  readonly blocks: number;
}

function readBlob(view: DataView, { packageIndex, start, blocks }: Place): Blob {
  const end = start + blocks * blockBytes;
  if (end > view.byteLength) return `package ${packageIndex} is cut off`;
  if (end - start < blobHeadBytes + blobTailBytes) return `package ${packageIndex} has an impossible size`;
  const length = view.getUint32(start + 12, true);
  const isWhole =
    view.getUint32(start, true) === magics.blobStart &&
    view.getUint32(start + 4, true) === packageIndex &&
    view.getUint32(end - 8, true) === length &&
    view.getUint32(end - 4, true) === magics.blobEnd &&
    length <= end - start - blobHeadBytes - blobTailBytes;
  if (!isWhole) return `package ${packageIndex} is damaged`;
  return new Uint8Array(view.buffer, view.byteOffset + start + blobHeadBytes, length);
}
