import type { Report } from '../../model/report.ts';
import type { ReportFormat } from '../../plugin/report-format.ts';
import { jsonChunks } from '../json-chunks.ts';
import { cvssEnrichmentKey } from './cvss-enrichment.ts';
import { clair4Document, doubtId } from './document.ts';
import type { V4Distribution, V4Vulnerability, V4VulnerabilityReport } from './types.ts';

/** The vulnerability report of Clair v4, as clair-action writes it with `--format clair`. */
export const clair4Format: ReportFormat = {
  name: 'clair-v4',
  mediaType: 'application/vnd.clair.vulnerability_report.v1+json',
  write: (report: Report) => jsonChunks(clair4Document(report)),
};

/** Quay's view of an image, as clair-action writes it with `--format quay`. Policies of Konflux read it. */
export const quayFormat: ReportFormat = {
  name: 'quay',
  mediaType: 'application/json',
  write: (report: Report) => jsonChunks(quayDocument(clair4Document(report))),
};

function quayDocument(document: V4VulnerabilityReport): object {
  const features = Object.keys(document.packages).map((id) => featureOf(id, document));
  const doubt = document.vulnerabilities[doubtId];
  const unassessed =
    doubt === undefined ? [] : [{ ...emptyFeature, Vulnerabilities: [quayEntry(doubt, document)] }];
  const layer = { Name: document.manifest_hash, ParentName: '', NamespaceName: '', IndexedByVersion: 4 };
  return { status: 'scanned', data: { Layer: { ...layer, Features: [...features, ...unassessed] } } };
}

const emptyFeature = {
  Name: doubtId,
  VersionFormat: '',
  NamespaceName: '',
  AddedBy: '',
  Version: '',
};

function featureOf(id: string, document: V4VulnerabilityReport): object {
  const { name = '', version = '' } = document.packages[id] ?? {};
  const [environment] = document.environments[id] ?? [];
  const found = document.package_vulnerabilities[id] ?? [];
  return {
    Name: name,
    VersionFormat: '',
    NamespaceName: '',
    AddedBy: environment?.introduced_in ?? '',
    Version: version,
    Vulnerabilities: found.flatMap((one) => {
      const vulnerability = document.vulnerabilities[one];
      return vulnerability === undefined ? [] : [quayEntry(vulnerability, document)];
    }),
  };
}

function quayEntry(
  {
    id,
    name,
    updater,
    normalized_severity: severity,
    links,
    fixed_in_version: fixed,
    ...rest
  }: V4Vulnerability,
  { enrichments }: V4VulnerabilityReport,
): object {
  const { description, repository, distribution } = rest;
  return {
    Severity: severity,
    NamespaceName: updater,
    Link: links,
    FixedBy: fixed,
    Description: description,
    Name: name,
    Metadata: {
      UpdatedBy: updater,
      RepoName: repository.name ?? '',
      RepoLink: repository.uri ?? '',
      ...distributionTexts(distribution),
      NVD: { CVSSv3: scoreOf(enrichments[cvssEnrichmentKey]?.[0]?.[id]) },
    },
  };
}

function distributionTexts({ name, version }: V4Distribution): object {
  return { DistroName: name, DistroVersion: version };
}

/** Returns the vector with the highest score, as Quay does. Empty without any. */
function scoreOf(vectors: readonly object[] = []): object {
  const scored = vectors.map((one) => one as { readonly baseScore: number; readonly vectorString: string });
  const [best] = scored.toSorted((a, b) => b.baseScore - a.baseScore);
  return { Vectors: best?.vectorString ?? '', Score: best?.baseScore ?? '' };
}
