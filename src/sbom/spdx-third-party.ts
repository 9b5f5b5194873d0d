import * as z from 'zod/mini';
import { quoteUntrusted } from '../kit/untrusted-text.ts';
import { parsePurl } from '../model/purl.ts';
import { distroFromHints } from './distro-hints.ts';
import { distroEntry, type SbomEntry } from './sbom-entry.ts';
import { entryFromPurl, type ThirdPartyPackage } from './third-party-package.ts';

const text = z.nullish(z.string());

/** The members of a package that are read, SPDX 2.2 and 2.3, clause 7. */
export const spdxPackageSchema = z.object({
  SPDXID: text,
  name: text,
  versionInfo: text,
  sourceInfo: text,
  primaryPackagePurpose: text,
  externalRefs: z.nullish(z.array(z.object({ referenceType: text, referenceLocator: text }))),
  attributionTexts: z.nullish(z.array(z.string())),
  annotations: z.nullish(z.array(z.object({ annotator: text, comment: text }))),
});
/** A package of an SPDX document. */
export type SpdxPackage = z.infer<typeof spdxPackageSchema>;

/** Packages with these purposes were not installed by a package manager. */
const nonPackagePurposes = /^(?:CONTAINER|FILE|ARCHIVE|SOURCE|DEVICE|FIRMWARE)$/;

/** Facts about a package from other parts of the document. */
interface PackageContext {
  readonly reference: string;
  readonly builtFrom: SpdxPackage | undefined;
  /** Whether the document describes this package. */
  readonly isSubject: boolean;
}

/** Reads a package that another tool wrote. Returns undefined if the entry is not a package. */
export function entryFromSpdxPackage(
  found: SpdxPackage,
  { reference, builtFrom, isSubject }: PackageContext,
): SbomEntry | undefined {
  const name = found.name ?? '';
  const purpose = found.primaryPackagePurpose ?? '';
  const version = assertedOf(found.versionInfo);
  // SPDX schemas differ in the separator.
  if (/^OPERATING[-_]SYSTEM$/.test(purpose)) {
    return distroEntry(distroFromHints({ name, version }), reference);
  }
  const purl = purlIn(found);
  const sourceInfo = found.sourceInfo ?? '';
  if (purl !== undefined)
    return entryFromPurl({
      reference,
      purl,
      version,
      source: sourceIn(sourceInfo) ?? sourceOf(builtFrom),
      path: pathIn(sourceInfo),
    });
  if (isSubject || nonPackagePurposes.test(purpose) || isGroup(found)) return undefined;
  return { problem: `${quoteUntrusted(name)} has no package URL`, reference };
}

/** Returns the purl of a package, if it has one. */
function purlIn({ externalRefs }: SpdxPackage): string | undefined {
  return externalRefs?.find(({ referenceType }) => referenceType === 'purl')?.referenceLocator ?? undefined;
}

/** Reads the source package from Trivy's text. */
function sourceIn(sourceInfo: string): ThirdPartyPackage['source'] {
  const [, name, version] = /^built package from: (\S+) (\S+)$/.exec(sourceInfo) ?? [];
  return name === undefined ? undefined : { name, version };
}

/** Reads the path of the package database from syft's text. */
function pathIn(sourceInfo: string): string | undefined {
  return /^acquired package info from [^:]*: ([^,]+)/.exec(sourceInfo)?.[1];
}

function sourceOf(builtFrom: SpdxPackage | undefined): ThirdPartyPackage['source'] {
  if (builtFrom === undefined) return undefined;
  const purl = parsePurl(purlIn(builtFrom) ?? '');
  const name = purl?.name ?? builtFrom.name;
  return name == null ? undefined : { name, version: purl?.version ?? assertedOf(builtFrom.versionInfo) };
}

function assertedOf(value: string | null | undefined): string | undefined {
  return value == null || value === 'NOASSERTION' || value === 'NONE' ? undefined : value;
}

/** Returns whether this is Trivy's package for a lockfile: the packages in it are packages of their own. */
function isGroup({ attributionTexts, annotations }: SpdxPackage): boolean {
  const notes = [...(attributionTexts ?? []), ...(annotations ?? []).map(({ comment }) => comment ?? '')];
  return notes.some((note) => note.startsWith('Class: '));
}
