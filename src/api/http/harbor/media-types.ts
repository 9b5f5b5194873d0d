import { WireError } from '../route.ts';

/** Media types of requests and documents. Harbor compares them as whole texts. */
export const harborTypes = {
  metadata: 'application/vnd.scanner.adapter.metadata+json; version=1.0',
  scanResponse: 'application/vnd.scanner.adapter.scan.response+json; version=1.0',
  error: 'application/vnd.scanner.adapter.error+json; version=1.0',
  /** Findings, for Harbor from 2.2 on. */
  generic: 'application/vnd.security.vulnerability.report; version=1.1',
  /** Findings, for Harbor before 2.2. */
  native: 'application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0',
  /** The report of this program. */
  raw: 'application/vnd.scanner.adapter.vuln.report.raw',
  sbom: 'application/vnd.security.sbom.report+json; version=1.0',
} as const;

/** Media types of the manifests that are scanned. Harbor registers no scanner without the one of Docker. */
export const manifestTypes: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** The result that a client requests of an image. */
export type HarborScanKind = 'vulnerability' | 'sbom';

/** The kinds of reports. */
export type HarborReportType = 'generic' | 'native' | 'raw' | 'sbom';

const reportTypes: ReadonlyMap<string, HarborReportType> = new Map(
  (['generic', 'native', 'raw', 'sbom'] as const).map((type) => [normalizedType(harborTypes[type]), type]),
);

/** Returns what a report is about. */
export function kindOf(type: HarborReportType): HarborScanKind {
  return type === 'sbom' ? 'sbom' : 'vulnerability';
}

/** Returns the report of a media type. Blanks and the order of parameters do not count. */
export function reportTypeNamed(mediaType: string): HarborReportType | undefined {
  return reportTypes.get(normalizedType(mediaType));
}

/** Returns the report that `Accept` names, the generic one by default. Throws `WireError` 415. */
export function acceptedReportType(accept: string | undefined): HarborReportType {
  const named = accept?.trim() ?? '';
  if (named === '' || named === '*/*') return 'generic';
  const type = reportTypeNamed(named);
  if (type !== undefined) return type;
  throw new WireError(415, `unsupported media type: ${JSON.stringify(accept)}`);
}

function normalizedType(mediaType: string): string {
  const [type = '', ...parameters] = mediaType.split(';').map((part) => part.trim().toLowerCase());
  return [type, ...parameters.sort()].join(';');
}
