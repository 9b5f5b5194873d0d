import { isWithoutPayload, TarError, type TarHeader } from './header.ts';
import { boundedPath } from './path.ts';
import { overlayAttribute, type PaxAttributes } from './pax.ts';

/** A member of a tar archive, with the long names and sizes of its extended headers applied. */
export interface TarEntry {
  /** The path inside the image, see `cleanPath`. An overlong name is unchanged. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symbolic-link' | 'hard-link' | 'global-header' | 'other';
  /** Payload bytes as stored. */
  readonly size: number;
  /** Target of a link as written. Empty for all other types. */
  readonly target: string;
  /** Byte position of the payload from the start of the archive. */
  readonly offset: number;
  readonly sparse?: SparseForm;
  /** The overlayfs attribute of the member, if any. Some runtimes apply it, which makes another directory of the path. */
  readonly overlay?: string;
}

/** Storage of a sparse file: its pieces are in a header, or as text before its data (pax format 1.0). */
export type SparseForm =
  | { readonly form: 'pieces'; readonly realSize: number; readonly pieces: readonly SparsePiece[] }
  | { readonly form: 'map-in-data'; readonly realSize: number };

/** A range of data of a sparse file. Bytes outside all pieces are zeros. */
export interface SparsePiece {
  readonly offset: number;
  readonly size: number;
}

/** The extended headers before a member. Of each kind, the last one counts. */
export interface ExtendedHeaders {
  readonly pax?: PaxAttributes | undefined;
  /** From the headers `L` and `K`, up to the first NUL. An empty name counts as absent. */
  readonly longName?: string | undefined;
  readonly longTarget?: string | undefined;
}

/**
 * Combines a header and the extended headers before it. In ascending priority, the name is that of the header, the `path` of pax, `L`, and
 * the name of a sparse file. Throws `TarError` if a size is invalid.
 */
export function memberOf(
  header: TarHeader,
  extended: ExtendedHeaders,
  { position, pieces }: { readonly position: number; readonly pieces?: SparseForm },
): TarEntry {
  const { pax = noAttributes } = extended;
  const name = firstNonEmpty(extended.longName, pax.get('path'), header.name);
  const type = typeOf(header.flag, name);
  const size = payloadOf(header, { type, pax, position });
  const ofPax = pieces === undefined && pax.size > 0 ? sparseFormOf(pax, size, position) : undefined;
  const sparse = pieces ?? ofPax;
  const overlay = pax.get(overlayAttribute);
  return {
    path: boundedPath(ofPax === undefined ? name : firstNonEmpty(pax.get('GNU.sparse.name'), name)),
    type,
    size,
    target: isLink(type) ? firstNonEmpty(extended.longTarget, pax.get('linkpath'), header.linkName) : '',
    offset: position,
    ...(sparse && { sparse }),
    ...(overlay !== undefined && { overlay }),
  };
}

/** Returns a global header as a member of its own, as Go's archive/tar does. It has only a name. */
export function globalHeaderOf({ name }: TarHeader, pax: PaxAttributes, offset: number): TarEntry {
  return {
    path: boundedPath(firstNonEmpty(pax.get('path'), name)),
    type: 'global-header',
    size: 0,
    target: '',
    offset,
  };
}

const noAttributes: ReadonlyMap<string, string> = new Map();

/** The first text that is not empty. */
function firstNonEmpty(...texts: readonly (string | undefined)[]): string {
  for (const text of texts) if (text !== undefined && text !== '') return text;
  return '';
}

interface Payload {
  readonly type: TarEntry['type'];
  readonly pax: PaxAttributes;
  readonly position: number;
}

function payloadOf(header: TarHeader, { type, pax, position }: Payload): number {
  if (isWithoutPayload(header.flag) || type === 'directory') return 0;
  return sizeOf(pax.get('size'), position) ?? header.size;
}

function isLink(type: TarEntry['type']): boolean {
  return type === 'symbolic-link' || type === 'hard-link';
}

function typeOf(flag: string, name: string): TarEntry['type'] {
  switch (flag) {
    case '\0':
      // Old archives have no type for directories: the name ends with a slash. With any other type a slash means nothing.
      return name.endsWith('/') ? 'directory' : 'file';
    case '0':
    case '7': // contiguous files
    case 'S':
      return 'file';
    case '1':
      return 'hard-link';
    case '2':
      return 'symbolic-link';
    case '5':
      return 'directory';
    default:
      return 'other';
  }
}

/** Parses a decimal size. Undefined if it is absent. */
function sizeOf(stated: string | undefined, position: number): number | undefined {
  if (stated === undefined || stated === '') return undefined;
  const size = decimal(stated);
  if (size === undefined) throw new TarError('a pax header has an impossible size', position);
  return size;
}

/**
 * Determines how pax headers describe a sparse file: GNU versions 0.0, 0.1 and 1.0, or a map without a version, which is 0.1. With any
 * other version the file is an ordinary one.
 */
function sparseFormOf(pax: PaxAttributes, size: number, position: number): SparseForm | undefined {
  const version = `${pax.get('GNU.sparse.major') ?? ''}.${pax.get('GNU.sparse.minor') ?? ''}`;
  const hasMap = firstNonEmpty(pax.get('GNU.sparse.map')) !== '';
  const isOfHeader = version === '0.0' || version === '0.1' || (version === '.' && hasMap);
  if (!isOfHeader && version !== '1.0') return undefined;
  const stated = firstNonEmpty(pax.get('GNU.sparse.size'), pax.get('GNU.sparse.realsize'));
  const realSize = sizeOf(stated, position) ?? size;
  return isOfHeader
    ? { form: 'pieces', realSize, pieces: piecesOf(pax, position) }
    : { form: 'map-in-data', realSize };
}

/** Parses the map of versions 0.0 and 0.1: alternating offsets and sizes of pieces, separated by commas. */
function piecesOf(pax: PaxAttributes, position: number): SparsePiece[] {
  const text = pax.get('GNU.sparse.map') ?? '';
  const numbers = text === '' ? [] : text.split(',').map(decimal);
  const count = decimal(pax.get('GNU.sparse.numblocks') ?? '');
  if (count === undefined || numbers.length !== count * 2 || numbers.includes(undefined))
    throw new TarError('a malformed sparse map', position);
  return Array.from({ length: count }, (_, i) => ({
    offset: numbers[i * 2] ?? 0,
    size: numbers[i * 2 + 1] ?? 0,
  }));
}

/** Parses a number of decimal digits as Go does. Undefined if it is negative or anything else. */
export function decimal(text: string): number | undefined {
  const value = /^\+?\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
