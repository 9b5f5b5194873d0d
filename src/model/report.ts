import type { Digest } from './digest.ts';
import type { Distro } from './distro.ts';
import type { ExploitationStatement } from './enrichment.ts';
import type { EvidenceKind } from './evidence/kinds.ts';
import type { DatedFix } from './fix.ts';
import type { Namespace } from './namespace.ts';
import type { Package, ReportedPackage } from './package.ts';
import type { Severity } from './severity.ts';
import type { Justification, SuppressionDecision } from './suppression.ts';
import type { VersionRange } from './version-range.ts';
import type { CvssVector } from './vulnerability.ts';

/** The way in which Clair got an image. */
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
  | 'containerd'
  | 'sbom';

/** The scanned target. */
export interface Target {
  /** As the user named it. */
  readonly reference: string;
  readonly kind: TargetKind;
  /** Digest of the manifest, if the image has one. */
  readonly manifest: Digest | null;
  /** `linux/amd64`, `linux/arm64/v8`. */
  readonly platform: string | null;
  /** Creation time of the image, RFC 3339. Absent if unknown. */
  readonly created?: string;
  /** The subject of an SBOM. Absent if the image itself was read. */
  readonly subject?: InventorySubject;
  /** `repository:tag`, sorted: the image's names in its archive, layout, daemon or registry. These are unverified claims. */
  readonly names?: readonly string[];
  /** Identifies the image: the digest of its manifest, or its image ID if it has no manifest. */
  readonly digest?: Digest;
  /** `repository@digest`, sorted: the manifests and indexes of the image in registries. */
  readonly repoDigests?: readonly string[];
}

/** The subject of an SBOM. */
export interface InventorySubject {
  /** The name of the image in the SBOM. */
  readonly reference: string;
  /** The way in which clair got the image when it wrote the SBOM. Null if another tool wrote it. */
  readonly kind: string | null;
}

/** A layer in a report. */
export interface ReportLayer {
  /** Digest of the layer as stored. Null if it is stored uncompressed and was not read completely. */
  readonly digest: Digest | null;
  readonly diffId: Digest | null;
  readonly sizeBytes: number;
  /** The instruction that created it, from the image's history. */
  readonly createdBy: string | null;
  /** Whether the bytes were compared with the digest. */
  readonly verified: boolean;
}

/** An advisory about a finding: `RHSA-…`, `DSA-…`, or the CVE entry itself. */
export interface AdvisoryReference {
  readonly id: string;
  readonly link: string | null;
  readonly fixedVersion: string | null;
  /** The vendor's title of an advisory about an update. */
  readonly title?: string;
  /** When the vendor published an advisory about an update, ISO 8601. Absent if it does not say so. */
  readonly issued?: string;
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
  /** Present if the source knows the versions of a product less well than its assigner, as NVD does. */
  readonly confidence?: 'low';
  /** Present if the source is not loaded. The record is from the last update of the source. */
  readonly sourceNotLoaded?: true;
}

/** A vulnerability in a report. */
export interface ReportVulnerability {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly advisories: readonly AdvisoryReference[];
  readonly severity: Severity;
  /** The origin of the severity: an advisory source, the assigner of the CVE, `cisa-adp` or `nvd`. Null if there is no severity. */
  readonly severitySource?: string | null;
  readonly cvss: readonly CvssVector[];
  readonly description: string | null;
  readonly links: readonly string[];
  readonly source: string;
  /** Whether it is known to be exploited. Null if CISA's catalogue is not loaded and nothing else says so. */
  readonly kev: boolean | null;
  /** Everything that says that it is exploited, CISA's catalogue first, each source once. Absent unless `kev` is true. */
  readonly exploited?: readonly ExploitationStatement[];
  readonly epss: number | null;
  /** Weaknesses as CWE ids, `CWE-79`. Absent if unknown. */
  readonly weaknesses?: readonly string[];
}

/** A finding: one vulnerability of one package. */
export interface Match {
  readonly vulnerability: ReportVulnerability;
  readonly package: ReportedPackage;
  readonly fix: DatedFix;
  readonly evidence: readonly Evidence[];
}

/** A match that is not counted, with the reason. */
export interface SuppressedMatch extends Match {
  readonly reason: string;
  /** The decision, if the vendor did not make it. Some formats show more of it than the reason. */
  readonly decision?: SuppressionDecision;
  /** Why the image is not affected, if its programs prove that. `reason` names the proof. */
  readonly justification?: Justification;
}

/**
 * Returns whether the vendor still investigates a finding and no rule or VEX statement decides it. Such a finding does not count, but an
 * image that has one is not clean.
 */
export function isUnderInvestigation({ fix, decision }: SuppressedMatch): boolean {
  return fix.state === 'under-investigation' && (decision === undefined || decision.by === 'option');
}

/** The state of the ratings of findings that do not come from advisories. */
export interface Ratings {
  /** Findings without a severity. */
  readonly unrated: number;
  /** Whether the list of exploited vulnerabilities (CISA's KEV) is loaded. */
  readonly knowsExploited: boolean;
  /** Whether scores of exploitation (FIRST's EPSS) are loaded. */
  readonly knowsEpss: boolean;
  /** For people: why findings have no severity. Null if every lookup succeeded. */
  readonly reason: string | null;
  /** The loaded lists and their age. Reports of earlier versions lack it. */
  readonly lists?: readonly RatingList[];
}

/** A list that rates findings, and its age. */
export interface RatingList {
  /** Name of its source: `nvd`, `kev`, `epss`. */
  readonly source: string;
  readonly status: 'complete' | 'stale';
  /** The date of the content, ISO 8601. Null if unknown. */
  readonly contentDate: string | null;
  /** Version of the model that computed the content, such as that of EPSS. Absent if the list states none. */
  readonly model?: string;
  readonly fetchedAt: string;
  /** For people: why it is stale. */
  readonly reason: string | null;
}

/** The base image of an image: its layers are the lowest ones of the image. */
export interface ReportBase {
  /** The base image as the user named it, or as a scan has read it. */
  readonly reference: string;
  /** Identifies it, as the digest of a target does. Absent if unknown. */
  readonly digest?: Digest;
  /** Number of its layers. */
  readonly layers: number;
  /** `option`: the user named it. `database`: a scan has read it before. */
  readonly knownBy: 'option' | 'database';
}

/** Signs of packages or programs of one kind that are in the image and are not listed. */
export interface CoverageEvidence {
  /** The number of signs. */
  readonly count: number;
  /** Their paths, sorted. Only the first ones if there are many. */
  readonly paths: readonly string[];
  /** True if there are more than were counted. */
  readonly truncated?: boolean;
}

/** Packages or programs of one kind that are in the image, that are not listed, and that no package of its distribution owns. */
export interface UnreadEvidence extends CoverageEvidence {
  readonly kind: EvidenceKind;
}

/** The state of the advisories of one namespace of the image, or of one kind of unlisted packages. */
export interface Coverage {
  readonly namespace: string;
  readonly status: 'complete' | 'stale' | 'missing' | 'unsupported';
  readonly newestAdvisory: string | null;
  readonly fetchedAt: string | null;
  /** The date of the newest content among the advisory feeds. Null if unknown. Reports of earlier versions lack it. */
  readonly contentDate?: string | null;
  /** With `--as-of`, if a feed was not yet loaded: since when the database has all of them. Null if it never loaded one. */
  readonly loadedSince?: string | null;
  /** For people: why the status is not `complete`, the date on which support of the release ended, or how layers were read. */
  readonly reason: string | null;
  /** Present if packages or programs of this kind are not listed. */
  readonly evidence?: CoverageEvidence;
}

/** The result of one extension for the whole image. */
export interface ExtensionStatus {
  readonly extension: string;
  readonly status: 'succeeded' | 'partly-failed' | 'failed';
  readonly files: readonly {
    readonly path: string;
    readonly layer: Digest | null;
    readonly problem: string | null;
  }[];
}

/** `not-assessed`: data was unknown, unreadable or missing, so the image cannot be called `clean`. */
export type Verdict = 'vulnerable' | 'clean' | 'not-assessed';

/** The VEX documents that are attached to an image in its registry. */
export interface AttachedVexSummary {
  /** Number of documents that a trusted key has signed and that apply. */
  readonly documents: number;
  /** Number of attestations that do not count: no trusted key has signed them for the image. */
  readonly refused: number;
  /** For people: why signed documents could not be used. */
  readonly unreadable: readonly string[];
}

/** The result of scanning one image, in canonical order. Equal inputs give equal bytes. */
export interface Report {
  readonly schemaVersion: 1;
  readonly target: Target;
  readonly distro: Distro | null;
  readonly namespaces: readonly Namespace[];
  readonly layers: readonly ReportLayer[];
  /** Absent unless a base image was asked for, and is known. */
  readonly base?: ReportBase;
  readonly packages: readonly Package[];
  /** Absent if there are no such packages. */
  readonly unread?: readonly UnreadEvidence[];
  readonly matches: readonly Match[];
  readonly suppressed: readonly SuppressedMatch[];
  /** Absent from inventories and from reports of earlier versions. */
  readonly ratings?: Ratings;
  /** Absent unless a server has looked for such documents. */
  readonly attachedVex?: AttachedVexSummary;
  readonly verdict: Verdict;
  readonly coverage: readonly Coverage[];
  readonly statuses: readonly ExtensionStatus[];
}

/** The content of an image by a document such as an SBOM. */
export interface Inventory {
  readonly subject: InventorySubject & Omit<Target, 'reference' | 'kind' | 'subject'>;
  readonly distro: Distro | null;
  readonly layers: readonly ReportLayer[];
  readonly packages: readonly Package[];
  /** Unlisted packages in the image, if the document states them. */
  readonly unread?: readonly UnreadEvidence[];
  /** The results of reading the image, if the document states them, and of reading the document. */
  readonly statuses: readonly ExtensionStatus[];
}
