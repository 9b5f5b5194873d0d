import { hash } from 'node:crypto';
import type { Fix } from '../../model/fix.ts';
import { isDistributionType } from '../../model/namespace.ts';
import type { Package, ReportedPackage } from '../../model/package.ts';
import type { Match, Report, ReportVulnerability } from '../../model/report.ts';
import type { Severity } from '../../model/severity.ts';
import { doubtsOf, isInDoubt, verdictText } from '../report-text.ts';
import { cvssEnrichmentKey, toV4Cvss, type V4Cvss } from './cvss-enrichment.ts';
import { noV4Distribution, toV4Distribution } from './distribution.ts';
import { registryOf, repositoryOf } from './repository.ts';
import type {
  V4Distribution,
  V4Environment,
  V4Package,
  V4Repository,
  V4Severity,
  V4Vulnerability,
  V4VulnerabilityReport,
} from './types.ts';

/** The id of the distribution within a document. */
const ownDistribution = '1';

/** Time that clients take for none. */
const unknownTime = '0001-01-01T00:00:00Z';

/** The id of a vulnerability that says that the image was not assessed in full. */
export const doubtId = 'not-assessed';

/** Returns a report as the vulnerability report of Clair v4. A package has the id `position + 1`, and so does a finding. */
export function clair4Document(report: Report): V4VulnerabilityReport {
  const repositories = new Map<string, V4Repository>();
  const distribution = report.distro === null ? undefined : toV4Distribution(report.distro, ownDistribution);
  const ids = new Map(report.packages.map((item, position) => [placeOf(item), String(position + 1)]));
  return {
    manifest_hash: digestOf(report),
    packages: Object.fromEntries(
      report.packages.map((item, i) => [String(i + 1), toPackage(item, i, report)]),
    ),
    distributions: distribution === undefined ? {} : { [ownDistribution]: distribution },
    environments: Object.fromEntries(
      report.packages.map((item, i) => [String(i + 1), [environmentOf(item, report, repositories)]]),
    ),
    ...findingsOf(report, { ids, distribution }),
    repository: Object.fromEntries([...repositories.values()].map((one) => [one.id ?? '', one])),
  };
}

/** Identifies a package among those of a report. */
function placeOf({ purl, location }: Pick<ReportedPackage, 'purl' | 'location'>): string {
  return `${purl}\n${location.path}`;
}

/** Returns the digest of the image. A target without one has the hash of its layers. */
function digestOf({ target, layers }: Report): string {
  const diffIds = layers.map(({ diffId }) => diffId ?? '').join('\n');
  return target.manifest ?? target.digest ?? `sha256:${hash('sha256', diffIds)}`;
}

function toPackage(item: Package, position: number, { packages }: Report): V4Package {
  const { name, version, arch, source, foundBy } = item;
  const sourceId = String(packages.length + position + 1);
  return {
    id: String(position + 1),
    name,
    version,
    kind: 'binary',
    source: {
      id: sourceId,
      name: source?.name ?? '',
      version: source?.version ?? '',
      ...(source != null && { kind: 'source' as const }),
      normalized_version: '',
      cpe: '',
      detector: null,
    },
    normalized_version: '',
    ...(arch !== undefined && { arch }),
    cpe: '',
    detector: `urn:claircore:detector:${foundBy}:1:package`,
  };
}

function environmentOf(
  item: Package,
  report: Report,
  repositories: Map<string, V4Repository>,
): V4Environment {
  const { path, layer: diffId } = item.location;
  const layer = report.layers.find((one) => one.diffId === diffId);
  const isOwn = isDistributionType(item.type) && item.evidence !== 'claimed-sbom';
  const ids = repositoryOf(item, isOwn).map((repository) => {
    const key = JSON.stringify(repository);
    const known = repositories.get(key) ?? { id: String(repositories.size + 1), ...repository };
    repositories.set(key, known);
    return known.id ?? '';
  });
  return {
    package_db: path,
    introduced_in: layer?.digest ?? diffId ?? digestOf(report),
    distribution_id: isOwn && report.distro !== null ? ownDistribution : '',
    repository_ids: ids,
  };
}

interface FindingContext {
  /** Ids of packages by their places. */
  readonly ids: ReadonlyMap<string, string>;
  readonly distribution: V4Distribution | undefined;
}

type Findings = Pick<V4VulnerabilityReport, 'vulnerabilities' | 'package_vulnerabilities' | 'enrichments'>;

function findingsOf(report: Report, { ids, distribution = noV4Distribution }: FindingContext): Findings {
  const vulnerabilities: Record<string, V4Vulnerability> = {};
  const byPackage: Record<string, readonly string[]> = {};
  const cvss: Record<string, readonly V4Cvss[]> = {};
  for (const [position, match] of report.matches.entries()) {
    const id = String(position + 1);
    const own = isDistributionType(match.package.type) ? distribution : noV4Distribution;
    vulnerabilities[id] = toVulnerability(match, id, own);
    const packageId = ids.get(placeOf(match.package)) ?? '';
    byPackage[packageId] = [...(byPackage[packageId] ?? []), id];
    const vectors = toV4Cvss([match.vulnerability]);
    if (vectors.length > 0) cvss[id] = vectors;
  }
  if (isInDoubt(report)) vulnerabilities[doubtId] = doubtOf(report);
  return {
    vulnerabilities,
    package_vulnerabilities: byPackage,
    enrichments: Object.keys(cvss).length === 0 ? {} : { [cvssEnrichmentKey]: [cvss] },
  };
}

function toVulnerability(
  { vulnerability, package: item, fix, evidence }: Match,
  id: string,
  distribution: V4Distribution,
): V4Vulnerability {
  const severity = severityInV4(vulnerability.severity);
  const affected = evidence[0]?.package ?? item.name;
  return {
    id,
    updater: vulnerability.source,
    name: vulnerability.id,
    description: vulnerability.description ?? '',
    issued: unknownTime,
    links: linksOf(vulnerability),
    severity,
    normalized_severity: severity,
    package: packageNamed(affected, affected === item.source?.name ? 'source' : 'binary'),
    distribution: { ...distribution, id: '' },
    repository: distribution === noV4Distribution ? registryOf(item.type) : { cpe: '' },
    fixed_in_version: fixedVersionInV4(fix),
  };
}

/** The format has no place for what was not assessed, so that is a vulnerability of no package. */
function doubtOf(report: Report): V4Vulnerability {
  return {
    id: doubtId,
    updater: 'clair',
    name: doubtId,
    description: [verdictText(report), ...doubtsOf(report)].join('\n'),
    issued: unknownTime,
    links: '',
    severity: 'Unknown',
    normalized_severity: 'Unknown',
    package: packageNamed('', 'binary'),
    distribution: noV4Distribution,
    repository: { cpe: '' },
    fixed_in_version: '',
  };
}

function packageNamed(name: string, kind: 'source' | 'binary'): V4Package {
  return { id: '', name, version: '', kind, normalized_version: '', cpe: '', detector: null };
}

/** Returns the version with the fix, empty without one. Versions of installed packages lack the epoch 0, so it has none either. */
export function fixedVersionInV4(fix: Fix): string {
  return fix.state === 'fixed' ? fix.version.replace(/^0:/, '') : '';
}

/** Returns a severity in the words of Clair v4. Clients know six. Defcon1 is Clair 2's word for the worst. */
export function severityInV4(severity: Severity): V4Severity {
  return severity === 'Defcon1' ? 'Critical' : severity;
}

/** Returns the links, separated by spaces. Clients find CVE ids in them. */
function linksOf({ id, links }: ReportVulnerability): string {
  const isNamed = !id.startsWith('CVE-') || links.some((link) => link.includes(id));
  const all = isNamed ? links : [...links, `https://www.cve.org/CVERecord?id=${id}`];
  return all.map((link) => link.replaceAll(' ', '%20')).join(' ');
}
