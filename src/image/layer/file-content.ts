import { hasElfMagic } from '../../kit/elf.ts';
import { hasMachOMagic } from '../../kit/mach-o.ts';
import { parentOf } from '../../kit/tar/path.ts';
import { isScriptName, mayHoldBundles } from '../../model/evidence/program-names.ts';
import type { ArchiveKind } from './archive-search.ts';

/** Kinds of content that matter, whatever the name of the file. */
export type ContentKind = 'elf' | 'zip' | 'pe' | 'mach-o' | 'script';

/** First bytes of a file that its kind depends on. */
export const kindBytes = 8;

/** Minimum size in bytes of a file of these kinds. */
export const contentBytesMin = 64;

/** Detects the kind of content at an offset. Returns undefined if it does not matter. */
export function contentKind(bytes: Buffer, at: number = 0): ContentKind | undefined {
  const first = bytes[at];
  if (first === 0x7f) return hasElfMagic(bytes, at) ? 'elf' : undefined;
  if (mayBeginMachO(first)) return hasMachOMagic(bytes, at) ? 'mach-o' : undefined;
  return kindByTwoBytes(bytes, at);
}

function kindByTwoBytes(bytes: Buffer, at: number): ContentKind | undefined {
  const [first, second] = [bytes[at], bytes[at + 1]];
  if (first === letterP && second === letterK) return isLocalHeader(bytes, at) ? 'zip' : undefined;
  if (first === letterM && second === letterZ) return 'pe';
  return first === hash && second === exclamation ? 'script' : undefined;
}

/** Few files begin with such a byte. */
function mayBeginMachO(first: number | undefined): boolean {
  return first !== undefined && first >= machOStartMin;
}

function isLocalHeader(bytes: Buffer, at: number): boolean {
  return bytes[at + 2] === 3 && bytes[at + 3] === 4;
}

/** The lowest first byte of Mach-O programs. */
const machOStartMin = 0xca;
const [letterP, letterK, letterM, letterZ] = [0x50, 0x4b, 0x4d, 0x5a];
const [hash, exclamation] = [0x23, 0x21];

const localHeaderBytes = 30;
const zipStart = Buffer.from('PK\x03\x04');

/**
 * Detects the package type of a zip archive by the name of its first member: Java archives begin with their manifest. A script may precede
 * the archive and run it, as in escripts of Erlang. Returns undefined for other content.
 */
export function archivedEvidence(head: Buffer): ArchiveKind | undefined {
  const start = head.indexOf(zipStart);
  if (start === -1 || start + localHeaderBytes > head.length) return undefined;
  const nameStart = start + localHeaderBytes;
  const name = head.toString('latin1', nameStart, nameStart + head.readUInt16LE(start + 26));
  if (/^(?:META-INF|BOOT-INF|WEB-INF)\/|\.class$/.test(name)) return 'maven';
  if (/\.beam$|(?:^|\/)ebin\//.test(name)) return 'hex';
  return /\.py$|\.(?:dist|egg)-info\/|^(?:\.bootstrap|\.deps)\//.test(name) ? 'pypi' : undefined;
}

/**
 * Whether a portable executable is a .NET assembly: its last but one data directory is the runtime header. One of this size in bytes whose
 * headers are behind its first bytes counts as an assembly. Microsoft, "PE Format".
 */
export function isAssembly(head: Buffer, size: number): boolean {
  if (head.length < contentBytesMin) return false;
  const start = head.readUInt32LE(60);
  if (start + 24 + 2 > head.length) return start + 24 + 2 <= size;
  if (head.toString('latin1', start, start + 4) !== 'PE\0\0') return false;
  const optional = start + 24;
  const isPlus = head.readUInt16LE(optional) === 0x20b;
  const runTimeHeader = optional + (isPlus ? 112 : 96) + 14 * 8;
  if (runTimeHeader + 8 > head.length) return runTimeHeader + 8 <= size;
  return head.readUInt32LE(runTimeHeader) !== 0;
}

/** Whether the description of an R package is of an installed one. Only these state the R version that built them. */
export function describesInstalled(head: Buffer): boolean {
  const text = head.toString('latin1');
  return /^Package:/m.test(text) && /^Built:/m.test(text);
}

const bundlers =
  /webpack|parcelRequire|__commonJS|__toESM|\bSystem\.register\(|^(?:"use strict";)?\s*!function\(|^\/\*! For license information please see /;

/** Whether a path may be of a JavaScript bundle. npm packages may be bundles themselves, but are counted as packages. */
export function mayBeBundle(path: string): boolean {
  return isScriptName(path, path.lastIndexOf('/') + 1, path.length) && mayHoldBundles(parentOf(path));
}

/** Whether a JavaScript file starts as the output of a bundler. */
export function isBundle(head: Buffer): boolean {
  return bundlers.test(head.toString('latin1', 0, 1024));
}
