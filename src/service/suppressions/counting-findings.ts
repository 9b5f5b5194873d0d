import { type SuppressionIndex, suppressionsOn } from '../../match/suppress/decide.ts';
import { cachedPurls, type SuppressionSubject, subjectsNamed } from '../../match/suppress/subject.ts';
import { imageNameOf } from '../../model/image-name.ts';
import type { Match } from '../../model/report.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import type { AffectedImage } from '../../store/image-store.ts';

/** An image in the store with findings. */
interface ImageFindings {
  readonly findings: readonly Match[];
  readonly known: AffectedImage['known'];
}

/** Returns an image with the findings that rules and statements do not suppress. Empty if they suppress all. */
export function withCounting<T extends ImageFindings>(
  entry: T,
  { index, schemes }: { readonly index: SuppressionIndex; readonly schemes: readonly VersionScheme[] },
): T[] {
  if (index.isEmpty) return [entry];
  const subjects = affectedSubjects(entry, schemes);
  const findings = entry.findings.filter(
    (finding) => suppressionsOn(finding, index, subjects).decision === undefined,
  );
  return findings.length === 0 ? [] : [{ ...entry, findings }];
}

/** Returns the image under each of its current names. */
export function affectedSubjects(
  entry: ImageFindings,
  schemes: readonly VersionScheme[],
): readonly SuppressionSubject[] {
  return subjectsNamed(affectedSubject(entry, schemes), entry.known?.tags ?? []);
}

/**
 * Returns the image as rules and statements may refer to it, under the name of its last scan: by its digest only if all of its layers were
 * hashed. The store does not have the code name of its release.
 */
export function affectedSubject(
  { findings, known }: ImageFindings,
  schemes: readonly VersionScheme[],
): SuppressionSubject {
  const namespaces = new Set(findings.flatMap(({ evidence }) => evidence.map(({ namespace }) => namespace)));
  const { reference = '', origin = null, platform = null, digest = null, isVerified = false } = known ?? {};
  return {
    target: { reference, platform, manifest: isVerified ? digest : null },
    name: imageNameOf({ kind: origin, reference }),
    namespaces,
    distros: new Set([...namespaces].flatMap(distrosOf)),
    schemes,
    purlsOf: cachedPurls(),
  };
}

/** Returns `debian` and `debian-12` for `debian:12`. */
function distrosOf(namespace: string): string[] {
  const [id = '', release] = namespace.split(':');
  return release === undefined ? [id] : [id, `${id}-${release}`];
}
