import { nameBytes, number } from '../../kit/tar/header.ts';
import type { MemberFilter } from '../../kit/tar/walker.ts';
import { mayBeginEvidence, mayEndEvidence, mayEndLink } from '../../model/evidence/by-name.ts';
import { contentBytesMin, contentKind } from './file-content.ts';
import type { WantedPaths } from './wanted.ts';

const [slash, dot] = [0x2f, 0x2e];
/** Types of members: regular files, of which old archives and contiguous files have others, and links. */
const [oldFile, file, hardLink, symbolicLink, contiguousFile] = [0, 0x30, 0x31, 0x32, 0x37];
const packagesOfNode = Buffer.from('node_modules/');
const pluginsOfSite = Buffer.from('plugins/');
/** The last two letters of the names of scripts: `js`. */
const [letterJ, letterS] = [0x6a, 0x73];
/** Shorter scripts are no bundles of packages. */
const bundleBytesMin = 1024;

/** The filter of a `TarWalker` that passes what may be wanted and what may be evidence of what is not listed. Most members are neither. */
export function memberFilter(wanted: WantedPaths): MemberFilter {
  return (block, offset, payload) =>
    wanted.mayMatter(block, offset, nameBytes) || mayBeEvidence(block, offset, payload);
}

function mayBeEvidence(block: Buffer, offset: number, payload: number): boolean {
  switch (block[offset + 156] ?? oldFile) {
    case hardLink:
      return true;
    case symbolicLink: {
      const end = endOfName(block, offset);
      const [before, last] = [block[end - 2] ?? 0, block[end - 1] ?? 0];
      return (
        mayEndEvidence(before, last) || mayEndLink(before, last) || isPackageInDirectory(block, offset, end)
      );
    }
    case file:
    case oldFile:
    case contiguousFile:
      return mayFileBeEvidence(block, offset, payload);
    default:
      return false;
  }
}

function mayFileBeEvidence(block: Buffer, offset: number, payload: number): boolean {
  const end = endOfName(block, offset);
  if (mayEndAsEvidence(block, end) || mayBeginEvidence(firstOf(block, offset))) return true;
  const size = number(block, offset + 124, 12) ?? 0;
  if (size < contentBytesMin) return false;
  const isScript = block[end - 2] === letterJ && block[end - 1] === letterS;
  if (isScript && size >= bundleBytesMin && !isPackageOfNode(block, offset, end)) return true;
  return payload + 4 > block.length || contentKind(block, payload) !== undefined;
}

function mayEndAsEvidence(block: Buffer, end: number): boolean {
  return mayEndEvidence(block[end - 2] ?? 0, block[end - 1] ?? 0);
}

function endOfName(block: Buffer, offset: number): number {
  let end = offset;
  while (end < offset + nameBytes && block[end] !== 0) end++;
  return end;
}

/** The first character of a name that may begin with `./` or `/`. */
function firstOf(block: Buffer, offset: number): number {
  const isRelative = block[offset] === dot && block[offset + 1] === slash;
  return block[offset + (isRelative ? 2 : block[offset] === slash ? 1 : 0)] ?? 0;
}

/** Whether a link may be that of a package of npm or a plugin, whose names are any. */
function isPackageInDirectory(block: Buffer, offset: number, end: number): boolean {
  return isPackageOfNode(block, offset, end) || block.subarray(offset, end).includes(pluginsOfSite);
}

function isPackageOfNode(block: Buffer, offset: number, end: number): boolean {
  return block.subarray(offset, end).includes(packagesOfNode);
}
