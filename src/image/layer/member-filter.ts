import { hasAt, nameBytes, numberField, startOfName } from '../../kit/tar/header.ts';
import type { MemberFilter } from '../../kit/tar/walker.ts';
import {
  mayBeEvidencePath,
  mayBeginEvidence,
  mayEndEvidence,
  mayEndLink,
} from '../../model/evidence/by-name.ts';
import { scriptPlaces } from '../../model/evidence/program-names.ts';
import { contentBytesMin, contentKind, mayBeBundle } from './file-content.ts';
import type { WantedPaths } from './wanted-paths.ts';

const slash = 0x2f;
/** Types of members: regular file (with the types of old archives and contiguous files), hard link, symbolic link. */
const [oldFile, file, hardLink, symbolicLink, contiguousFile] = [0, 0x30, 0x31, 0x32, 0x37];
const packagesOfNode = Buffer.from('node_modules/');
const pluginsOfSite = Buffer.from('plugins/');
const placesOfScripts = scriptPlaces.map((place) => Buffer.from(place));
/** The last two letters of names of scripts: `js`. */
const [letterJ, letterS] = [0x6a, 0x73];
/** Minimum size in bytes of a bundle of packages. */
const bundleBytesMin = 1024;

/**
 * Returns the filter of a `TarWalker` that passes possibly wanted members and possible evidence of unlisted packages. Most members are
 * neither.
 */
export function memberFilter(wanted: WantedPaths): MemberFilter {
  return (block, offset, payload) =>
    wanted.isWatching ||
    wanted.mayMatter(block, offset, nameBytes) ||
    mayBeEvidence(block, offset, payload) ||
    (block[offset + 156] === symbolicLink && wanted.mayLeadByName(block, offset + 157, nameBytes));
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
  if (mayBeginEvidence(firstOf(block, offset)) || isEvidenceName(block, offset, end)) return true;
  const size = numberField(block, offset + 124, 12) ?? 0;
  if (size < contentBytesMin) return false;
  if (size >= bundleBytesMin && mayNameBundle(block, offset, end)) return true;
  return payload + 4 > block.length || contentKind(block, payload) !== undefined;
}

function isEvidenceName(block: Buffer, offset: number, end: number): boolean {
  const isPossible = mayEndEvidence(block[end - 2] ?? 0, block[end - 1] ?? 0);
  return isPossible && mayBeEvidencePath(pathOf(block, offset, end));
}

function mayNameBundle(block: Buffer, offset: number, end: number): boolean {
  if (block[end - 1] !== letterS || block[end - 2] !== letterJ || isInPlaceOfScripts(block, offset))
    return false;
  return mayBeBundle(pathOf(block, offset, end));
}

/** Whether the name is in a directory of scripts that are not bundles. A cheap check that rejects most scripts. */
function isInPlaceOfScripts(block: Buffer, offset: number): boolean {
  const start = startOfName(block, offset);
  return placesOfScripts.some((place) => hasAt(block, start, place));
}

/** Returns the path of a member with an ordinary name. Non-ASCII bytes occur in no rule. */
function pathOf(block: Buffer, offset: number, end: number): string {
  return block.toString('latin1', startOfName(block, offset), end);
}

function endOfName(block: Buffer, offset: number): number {
  let end = offset;
  while (end < offset + nameBytes && block[end] !== 0) end++;
  return end;
}

function firstOf(block: Buffer, offset: number): number {
  return block[startOfName(block, offset)] ?? 0;
}

/** Whether a link may be an npm package or a plugin, which may have any name. The names of both directories end with the same letter. */
function isPackageInDirectory(block: Buffer, offset: number, end: number): boolean {
  for (let i = offset + 1; i < end; i++) {
    if (block[i] !== slash || block[i - 1] !== letterS) continue;
    const name = block.subarray(offset, end);
    return name.includes(packagesOfNode) || name.includes(pluginsOfSite);
  }
  return false;
}
