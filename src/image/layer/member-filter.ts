import { hasAt, nameBytes, numberField, startOfName } from '../../kit/tar/header.ts';
import type { MemberFilter } from '../../kit/tar/walker.ts';
import {
  evidencePlaces,
  mayBeEvidencePath,
  mayEndEvidence,
  mayEndLink,
  mayNameEvidence,
} from '../../model/evidence/by-name.ts';
import { scriptPlaces } from '../../model/evidence/program-names.ts';
import type { CodeFiles } from './code-files.ts';
import { contentBytesMin, contentKind, kindBytes, mayBeBundle } from './file-content.ts';
import type { RecordedNames } from './name-hashes.ts';
import type { WantedPaths } from './wanted-paths.ts';

const slash = 0x2f;
/** Types of members: regular file (with the types of old archives and contiguous files), hard link, symbolic link. */
const [oldFile, file, hardLink, symbolicLink, contiguousFile] = [0, 0x30, 0x31, 0x32, 0x37];
const packagesOfNode = Buffer.from('node_modules/');
const directoriesOfSites = [Buffer.from('plugins/'), Buffer.from('themes/')];
const placesOfScripts = scriptPlaces.map((place) => Buffer.from(place));
const placesOfEvidence = evidencePlaces.map((place) => Buffer.from(place));
/** The last two letters of names of scripts: `js`. */
const [letterJ, letterS] = [0x6a, 0x73];

/** State of a layer's collectors that the filter depends on. */
export interface CollectedSoFar {
  /** Receives the code among the members that the filter rejects. */
  readonly code: CodeFiles;
  readonly evidence: { readonly recordedNames: RecordedNames };
}

/**
 * Returns the filter of a `TarWalker` that passes possibly wanted members, possible evidence of unlisted packages, and members that replace
 * such evidence. Most members are neither, and are rejected by numbers alone: every function, array and string on their way costs 2 % of a
 * scan of a small image, since V8 also compiles what is called thousands of times.
 */
export function memberFilter(wanted: WantedPaths, { code, evidence }: CollectedSoFar): MemberFilter {
  const { recordedNames } = evidence;
  return (block, offset, payload) => {
    if (wanted.isWatching) return true;
    const end = wanted.endOfUnwanted(block, offset, recordedNames);
    if (end < 0) return true;
    switch (block[offset + 156] ?? oldFile) {
      case hardLink:
        return true;
      case symbolicLink:
        code.addName(block, startOfName(block, offset), end);
        return (
          mayLinkMatter(block, offset, end) ||
          wanted.isNameAtAnyDepth(block, startOfName(block, offset), end) ||
          wanted.mayLeadByName(block, offset + 157, nameBytes)
        );
      case file:
      case oldFile:
      case contiguousFile:
        code.addName(block, startOfName(block, offset), end);
        return (
          wanted.isNameAtAnyDepth(block, startOfName(block, offset), end) ||
          mayFileBeEvidence(block, offset, end, payload)
        );
      default:
        return wanted.isNameAtAnyDepth(block, startOfName(block, offset), end);
    }
  };
}

function mayLinkMatter(block: Buffer, offset: number, end: number): boolean {
  const before = block[end - 2] ?? 0;
  const last = block[end - 1] ?? 0;
  return mayEndEvidence(before, last) || mayEndLink(before, last) || isPackageInDirectory(block, offset, end);
}

function mayFileBeEvidence(block: Buffer, offset: number, end: number, payload: number): boolean {
  const start = startOfName(block, offset);
  if (isInPlaces(placesOfEvidence, block, start)) return true;
  if (mayNameEvidence(block, start, end) && mayBeEvidencePath(pathOf(block, start, end))) return true;
  const isScript = block[end - 1] === letterS && block[end - 2] === letterJ;
  const isUnread = payload + kindBytes > block.length;
  const mayHoldEvidence = isUnread || contentKind(block, payload) !== undefined;
  // Reads the size last: few files get here.
  if (!mayHoldEvidence && !isScript) return false;
  if ((numberField(block, offset + 124, 12) ?? 0) < contentBytesMin) return false;
  return mayHoldEvidence || mayNameBundle(block, start, end);
}

/** Rejects the scripts of distributions by their bytes, which are most. */
function mayNameBundle(block: Buffer, start: number, end: number): boolean {
  return !isInPlaces(placesOfScripts, block, start) && mayBeBundle(pathOf(block, start, end));
}

function isInPlaces(places: readonly Buffer[], block: Buffer, start: number): boolean {
  for (const place of places) if (hasAt(block, start, place)) return true;
  return false;
}

/** Returns the path of a member with an ordinary name. Non-ASCII bytes occur in no rule. */
function pathOf(block: Buffer, start: number, end: number): string {
  return block.toString('latin1', start, end);
}

/** Whether a link may be an npm package, a plugin or a theme, which may have any name. The names of their directories end with the same letter. */
function isPackageInDirectory(block: Buffer, offset: number, end: number): boolean {
  for (let i = offset + 1; i < end; i++) {
    if (block[i] !== slash || block[i - 1] !== letterS) continue;
    const name = block.subarray(offset, end);
    return name.includes(packagesOfNode) || directoriesOfSites.some((each) => name.includes(each));
  }
  return false;
}
