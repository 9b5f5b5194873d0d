import type { Digest } from './digest.ts';
import type { Distro } from './distro.ts';
import type { EvidenceKind } from './evidence/kinds.ts';
import type { Fix } from './fix.ts';
import type { Namespace } from './namespace.ts';
import type { Package, ReportedPackage } from './package.ts';
import type { Severity } from './severity.ts';
import type { SuppressionDecision } from './suppression.ts';
import type { VersionRange } from './version-range.ts';
import type { CvssVector } from './vulnerability.ts';

/** How an image reached us. */
export type TargetKind =
  | 'docker-archive'
  | 'oci-layout'
  | 'oci-archive'
  | 'rootfs-tar'
  | 'rootfs-dir'
  | 'aci'
  | 'registry'
  | 'docker'
  | 'podman'
  | 'sbom';

/** What was scanned. */
export interface Target {
  /** As the user named it. */
  readonly reference: string;
  readonly kind: TargetKind;
  /** Digest of the manifest, where the image has one. */
  readonly manifest: Digest | null;
  /** `linux/amd64`, `linux/arm64/v8`. */
  readonly platform: string | null;
  /** When the image was made, RFC 3339; absent where nothing says so. */
  readonly created?: string;
  /** What an inventory says it is about; absent where the image itself was read. */
  readonly subject?: InventorySubject;
  /** `repository:tag`, sorted: the image's names, as its archive, layout, daemon or registry has them. Claims: nothing proves them. */
  readonly names?: readonly string[];
  /** Identifies the image: the digest of its manifest, or its image ID where the medium has no manifest. */
  readonly digest?: Digest;
  /** `repository@digest`, sorted: the manifests and indexes by which registries have the image. */
  readonly repoDigests?: readonly string[];
}

/** What an inventory is about. */
export interface InventorySubject {
  /** The name of the image there. */
  readonly reference: string;
  /** How the image had reached whoever wrote it, where that was clair. */
  readonly kind: string | null;
}

/** A layer as the report names it. */
export interface ReportLayer {
  /** Digest of the layer as stored; null where it is stored uncompressed and was not read whole. */
  readonly digest: Digest | null;
  readonly diffId: Digest | null;
  readonly sizeBytes: number;
  /** The instruction that made it, from the image's history. */
  readonly createdBy: string | null;
  /** Whether the bytes were compared with the digest. */
  readonly verified: boolean;
}

/** An advisory that speaks of a finding: `RHSA-…`, `DSA-…`, or the CVE entry itself. */
export interface AdvisoryReference {
  readonly id: string;
  readonly link: string | null;
  readonly fixedVersion: string | null;
  /** Of advisories about an update, in the words of the vendor. */
  readonly title?: string;
}

/** The row of an advisory source that made a match, and the comparison that decided it. */
export interface Evidence {
  readonly source: string;
  readonly advisory: string;
  readonly namespace: string;
  readonly package: string;
  readonly installed: string;
  readonly range: VersionRange;
  readonly versionScheme: string;
  /** Present where the source is not loaded: the record is as it was when the source was last fetched. */
  readonly sourceNotLoaded?: true;
}

/** A vulnerability as a report shows it. */
export interface ReportVulnerability {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly advisories: readonly AdvisoryReference[];
  readonly severity: Severity;
  /** Who gave the severity: an advisory source, the assigner of the CVE, `cisa-adp` or `nvd`; null where there is none. */
  readonly severitySource?: string | null;
  readonly cvss: readonly CvssVector[];
  readonly description: string | null;
  readonly links: readonly string[];
  readonly source: string;
  readonly kev: boolean | null;
  /** Which list says that it is exploited, and since when, an ISO 8601 date; absent unless `kev` is true. */
  readonly exploited?: { readonly source: string; readonly date: string };
  readonly epss: number | null;
  /** Weaknesses as CWE ids, `CWE-79`; absent where none is known. */
  readonly weaknesses?: readonly string[];
}

/** A vulnerable package: one finding is one vulnerability on one package. */
export interface Match {
  readonly vulnerability: ReportVulnerability;
  readonly package: ReportedPackage;
  readonly fix: Fix;
  readonly evidence: readonly Evidence[];
}

/** A match that is not counted, and why. */
export interface SuppressedMatch extends Match {
  readonly reason: string;
  /** Whose decision that was, where it was not the vendor's. Formats that have words for it tell more than the reason. */
  readonly decision?: SuppressionDecision;
}

/** What is known of the danger of the findings beside the advisories. */
export interface Ratings {
  /** Findings without a severity. */
  readonly unrated: number;
  /** Whether the list of exploited vulnerabilities (CISA's KEV) is loaded. */
  readonly knowsExploited: boolean;
  /** Whether scores of exploitation (FIRST's EPSS) are loaded. */
  readonly knowsEpss: boolean;
  /** For people: why findings have no severity; null where every question was answered. */
  readonly reason: string | null;
  /** The lists that are loaded, and how old each is. Reports of earlier versions lack it. */
  readonly lists?: readonly RatingList[];
}

/** A list that rates findings beside the advisories, and how old it is. */
export interface RatingList {
  /** Name of its source: `nvd`, `kev`, `epss`. */
  readonly source: string;
  readonly status: 'complete' | 'stale';
  /** How new the content is, ISO 8601; null where nothing dates it. */
  readonly contentDate: string | null;
  readonly fetchedAt: string;
  /** For people: why it is stale. */
  readonly reason: string | null;
}

/** Signs of packages or programs of one kind that are in the image and are not listed. */
export interface CoverageEvidence {
  /** How many there are. */
  readonly count: number;
  /** Where they lie, sorted; the first ones where there are many. */
  readonly paths: readonly string[];
  /** True where there are more than were counted. */
  readonly truncated?: boolean;
}

/** Packages or programs of one kind that are in the image, that are not listed, and that no package of its distribution owns. */
export interface UnreadEvidence extends CoverageEvidence {
  readonly kind: EvidenceKind;
}

/** What is known about the advisories of one namespace of the image, or about one kind of what is not listed. */
export interface Coverage {
  readonly namespace: string;
  readonly status: 'complete' | 'stale' | 'missing' | 'unsupported';
  readonly newestAdvisory: string | null;
  readonly fetchedAt: string | null;
  /** How new the content of the advisories is, by the feed of them with the latest date; null where nothing dates it. Reports of earlier versions lack it. */
  readonly contentDate?: string | null;
  /** For people: why the status is not `complete`, or since when the release is out of support. */
  readonly reason: string | null;
  /** Present where packages or programs of this kind are not listed. */
  readonly evidence?: CoverageEvidence;
}

/** How one extension fared over the whole image. */
export interface ExtensionStatus {
  readonly extension: string;
  readonly status: 'succeeded' | 'partly-failed' | 'failed';
  readonly files: readonly {
    readonly path: string;
    readonly layer: Digest | null;
    readonly problem: string | null;
  }[];
}

/** `not-assessed`: something was unknown, unreadable or missing, so nobody can say `clean`. */
export type Verdict = 'vulnerable' | 'clean' | 'not-assessed';

/** The answer about one image. Canonically sorted; equal inputs give equal bytes. */
export interface Report {
  readonly schemaVersion: 1;
  readonly target: Target;
  readonly distro: Distro | null;
  readonly namespaces: readonly Namespace[];
  readonly layers: readonly ReportLayer[];
  readonly packages: readonly Package[];
  /** Absent where there is none. */
  readonly unread?: readonly UnreadEvidence[];
  readonly matches: readonly Match[];
  readonly suppressed: readonly SuppressedMatch[];
  /** Absent from inventories, and from reports of earlier versions. */
  readonly ratings?: Ratings;
  readonly verdict: Verdict;
  readonly coverage: readonly Coverage[];
  readonly statuses: readonly ExtensionStatus[];
}
