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
/** Types of members: regular files, of which old archives and contiguous files have others, and links. */
const [oldFile, file, hardLink, symbolicLink, contiguousFile] = [0, 0x30, 0x31, 0x32, 0x37];
const packagesOfNode = Buffer.from('node_modules/');
const pluginsOfSite = Buffer.from('plugins/');
const placesOfScripts = scriptPlaces.map((place) => Buffer.from(place));
/** The last two letters of the names of scripts: `js`. */
const [letterJ, letterS] = [0x6a, 0x73];
/** Shorter scripts are no bundles of packages. */
const bundleBytesMin = 1024;

/** The filter of a `TarWalker` that passes what may be wanted and what may be evidence of what is not listed. Most members are neither. */
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

/** The quick look at a name that dismisses most scripts. */
function isInPlaceOfScripts(block: Buffer, offset: number): boolean {
  const start = startOfName(block, offset);
  return placesOfScripts.some((place) => hasAt(block, start, place));
}

/** The path of a member with an ordinary name. Bytes that are no ASCII are in no rule. */
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

/** Whether a link may be that of a package of npm or a plugin, whose names are any. The directories of both end with the same letter. */
function isPackageInDirectory(block: Buffer, offset: number, end: number): boolean {
  for (let i = offset + 1; i < end; i++) {
    if (block[i] !== slash || block[i - 1] !== letterS) continue;
    const name = block.subarray(offset, end);
    return name.includes(packagesOfNode) || name.includes(pluginsOfSite);
  }
  return false;
}
