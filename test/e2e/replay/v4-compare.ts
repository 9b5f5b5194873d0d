import type {
  V4AffectedManifests,
  V4Contents,
  V4Environment,
  V4NotificationPage,
  V4Package,
  V4VulnerabilityReport,
} from '../../../src/report/clair4/types.ts';
import type { V4Line } from '../../../src/testing/recordings.ts';
import { comparableDiff, comparableOperations, isDiff, plainFix } from './v4-references.ts';

/** The parts of a response of the v4 API that are compared. */
export interface V4Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}

/** The response of a recorded exchange. */
export function recordedV4Answer({
  status = 0,
  response_headers: headers = [],
  response_body: body,
}: V4Line): V4Answer {
  const names = [...new Set(headers.map(([name]) => name.toLowerCase()))];
  const values = (name: string) =>
    headers.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
  return { status, headers: Object.fromEntries(names.map((name) => [name, values(name)])), body: body ?? '' };
}

/** Headers that clients depend on. Content types differ on purpose where Clair sends that of another document. */
const comparedHeaders = ['link', 'location', 'cache-control', 'x-content-type-options'];

/** A response without what differs between runs, and without what differs on purpose everywhere. */
export interface ComparableV4 {
  readonly status: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly hasEtag: boolean;
  readonly body: unknown;
}

/** Returns the comparable parts of a response. */
export function comparableV4({ status, headers, body }: V4Answer): ComparableV4 {
  return {
    status,
    headers: Object.fromEntries(
      comparedHeaders.flatMap((name) =>
        headers[name] === undefined ? [] : [[name, headers[name].map(withoutAge)]],
      ),
    ),
    hasEtag: headers['etag'] !== undefined,
    body: comparableBody(body),
  };
}

/** The age is a setting. */
function withoutAge(value: string): string {
  return value.replace(/^max-age=\d+$/, 'max-age=…');
}

function comparableBody(body: string): unknown {
  if (!/^[[{]|^null/.test(body)) return body;
  const value = JSON.parse(body) as Record<string, unknown> | null;
  // Clair writes null for an empty list.
  if (value === null) return [];
  if ('packages' in value) return comparableReport(value as unknown as V4Contents);
  if ('notifications' in value) return comparablePage(value as unknown as V4NotificationPage);
  if (typeof value['state'] === 'string') return { state: '(state)' };
  if (typeof value['message'] === 'string')
    return { code: value['code'], message: value['message'].replace(/^([^:]*): .*$/s, '$1: …') };
  if ('vulnerable_manifests' in value) return comparableAffected(value as unknown as V4AffectedManifests);
  if (isDiff(value)) return comparableDiff(value);
  const lists = Array.isArray(value) ? [] : Object.values(value);
  const isOfOperations = lists.length > 0 && lists.every((one) => Array.isArray(one));
  return isOfOperations ? comparableOperations(value) : value;
}

/** The vulnerabilities are those of the request. */
function comparableAffected(body: V4AffectedManifests): object {
  return {
    ids: Object.keys(body.vulnerabilities),
    manifests: Object.entries(body.vulnerable_manifests).sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

/** Which notification is on which page is chance. Ours may have one of each reason for a manifest, which Clair's chooses by chance. */
function comparablePage({ page, notifications }: V4NotificationPage): object {
  const manifests = new Set(notifications.map(({ manifest }) => manifest)).size;
  return { size: page.size, hasNext: page.next !== undefined, manifests };
}

/** Returns a report with names in place of ids. The words that Clair chooses for its database are left out. */
function comparableReport({
  packages,
  environments,
  distributions,
  repository,
  ...more
}: V4Contents): object {
  const rest = more as Record<string, unknown>;
  return {
    ...('state' in rest && { state: rest['state'], success: rest['success'], err: rest['err'] }),
    ...('vulnerabilities' in rest && {
      findings: findingsOf(more as unknown as V4VulnerabilityReport, packages),
    }),
    manifest: rest['manifest_hash'],
    distributions: Object.values(distributions).map(({ id, cpe, ...known }) => known),
    packages: Object.entries(packages)
      .map(([id, item]) => ({ ...comparablePackage(item), ...placeOf(environments[id] ?? [], repository) }))
      .map((item) => JSON.stringify(item))
      .sort(),
  };
}

function comparablePackage({ name, version, kind, arch, source }: V4Package): object {
  return { name, version, kind, arch, source: source && [source.name, source.version] };
}

function placeOf(environments: readonly V4Environment[], repository: V4Contents['repository']): object {
  const ids = environments.flatMap(({ repository_ids: of }) => (of as string[] | null) ?? []);
  return {
    layers: [...new Set(environments.map(({ introduced_in: layer }) => layer))],
    isOfDistribution: environments.some(({ distribution_id: id }) => id !== ''),
    repositories: [...new Set(ids.map((id) => repository[id]?.name))].sort(),
  };
}

/**
 * Returns the findings: package, vulnerability and fixed version. Severities are of other sources. Clair writes names of Python
 * packages in lower case.
 */
function findingsOf(
  { vulnerabilities, package_vulnerabilities: byPackage }: V4VulnerabilityReport,
  packages: V4Contents['packages'],
): string[] {
  const findings = Object.entries(byPackage).flatMap(([id, found]) =>
    found.map((one) => {
      const { name, fixed_in_version: fixed } = vulnerabilities[one] ?? { name: '', fixed_in_version: '' };
      return `${packages[id]?.name.toLowerCase()} ${name} ${plainFix(fixed)}`;
    }),
  );
  return [...new Set(findings)].sort();
}
