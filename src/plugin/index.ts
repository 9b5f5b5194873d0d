/** The contracts of extensions, and the types that they use. */

export type { Digest } from '../model/digest.ts';
export type { Distro } from '../model/distro.ts';
export type { ExploitationStatement } from '../model/enrichment.ts';
export { type DatedFix, type Fix, type FixState, unfixedStates } from '../model/fix.ts';
export type { Diversion } from '../model/layer-index.ts';
export type { Namespace } from '../model/namespace.ts';
export {
  type ListedPackage,
  type Location,
  type Package,
  type PackageEvidence,
  type PackageLocation,
  type PackageType,
  type ParentPackage,
  packageEvidences,
  type ReportedPackage,
  type SourcePackage,
} from '../model/package.ts';
export type * from '../model/product-statement.ts';
export type { PurlParts } from '../model/purl.ts';
export type * from '../model/report.ts';
export type { ScoreBatch } from '../model/score-batch.ts';
export { type Severity, severities } from '../model/severity.ts';
export type * from '../model/suppression.ts';
export type { VersionRange } from '../model/version-range.ts';
export type {
  Affected,
  Conditions,
  CvssVector,
  Flavour,
  GoImport,
  RpmConditions,
  Vulnerability,
} from '../model/vulnerability.ts';
export type {
  AdvisorySource,
  DocumentReader,
  DocumentText,
  FeedClient,
  FeedDate,
  FeedDocument,
  FeedRecord,
  FetchedFeed,
  FetchOptions,
  FetchResult,
  MadeOfFeed,
  OnFeedDate,
  SkippedRecord,
  VulnerabilityRecord,
  WithdrawnRecord,
} from './advisory-source.ts';
export type {
  DocumentEnricher,
  Enricher,
  Enrichment,
  EnrichmentRecord,
  RatingDocument,
  RatingReader,
  RatingRecord,
  ScoresRecord,
} from './enricher.ts';
export type { Files, PathPattern } from './layer-files.ts';
export type { NamespaceDetector } from './namespace-detector.ts';
export {
  type FileLister,
  type LicenseFiles,
  type ListerEvent,
  type ListerEventOf,
  type PackageLister,
  type ProgramPart,
  type ProgramParts,
  programParts,
} from './package-lister.ts';
export type { Plugin } from './plugin.ts';
export type { Display, FindingOrder, GatedFinding, ReportFormat } from './report-format.ts';
export type {
  BatchNotificationContent,
  ChangeDelivery,
  ChangeNotificationContent,
  Delivery,
  EndedImages,
  NotificationImage,
  NotificationMessage,
  Transport,
  VulnerabilityChange,
} from './transport.ts';
export { isKey, type Unkeyable, type VersionKey, type VersionScheme } from './version-scheme.ts';
export type { Issue, VexFormat } from './vex-format.ts';
