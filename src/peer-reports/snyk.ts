import * as z from 'zod/mini';
import { isDistributionType } from '../model/namespace.ts';
import type { PackageType } from '../model/package.ts';
import type { PeerFinding, PeerReport } from '../model/peer-report.ts';
import {
  checkPeerEntries,
  knownTime,
  maybeListOf,
  maybeText,
  type PeerReportReader,
  parsePeerDocument,
  peerPackageOf,
  presentText,
  severityOfWord,
  splitVulnerabilityNames,
  typesByName,
  unsupportedPeerReport,
} from './peer-document.ts';

const title = 'Snyk';

const issue = z.object({
  id: presentText,
  type: maybeText,
  name: maybeText,
  packageName: maybeText,
  version: z.string(),
  packageManager: maybeText,
  severity: maybeText,
  publicationTime: maybeText,
  identifiers: z.nullish(z.object({ CVE: maybeListOf(z.string()), GHSA: maybeListOf(z.string()) })),
  fixedIn: maybeListOf(z.string()),
});

const project = z.object({
  vulnerabilities: z.array(issue),
  packageManager: maybeText,
  displayTargetFile: maybeText,
  targetFile: maybeText,
  filtered: z.nullish(z.object({ ignore: maybeListOf(issue), patch: maybeListOf(issue) })),
});

const schema = z.extend(project, { applications: maybeListOf(project) });

type Project = z.output<typeof project>;
type Issue = z.output<typeof issue>;

/** Reads `snyk container test … --json` and `snyk test --json`, of one project or several. */
export const snykReader: PeerReportReader = {
  title,
  recognizes: (head) => 'ok' in head && ('vulnerabilities' in head || 'error' in head),
  read(document, place) {
    const projects = [document].flat().flatMap((one) => projectsIn(one, place));
    const findings = projects.flatMap(findingsIn);
    checkPeerEntries(place, findings.length);
    return { format: 'snyk', tool: title, findings } satisfies PeerReport;
  },
};

function projectsIn(document: unknown, place: string): Project[] {
  const { error } = Object(document) as { readonly error?: unknown };
  if (typeof error === 'string')
    throw unsupportedPeerReport(
      place,
      'Snyk did not test the project: the report has only an error; run Snyk again',
    );
  const { applications, ...first } = parsePeerDocument(schema, document, { title, place });
  return [first, ...(applications ?? [])];
}

function findingsIn(tested: Project): PeerFinding[] {
  const { ignore, patch } = tested.filtered ?? {};
  return [
    ...tested.vulnerabilities.filter(isVulnerability).map((found) => findingFrom(found, tested)),
    ...[...(ignore ?? []), ...(patch ?? [])]
      .filter(isVulnerability)
      .map((found) => ({ ...findingFrom(found, tested), suppressed: 'an ignore rule of Snyk' })),
  ];
}

/** Snyk lists licences that a policy refuses as well. */
function isVulnerability({ type }: Issue): boolean {
  return type !== 'license';
}

function findingFrom(found: Issue, { packageManager, displayTargetFile, targetFile }: Project): PeerFinding {
  const type = typeOf(found.packageManager ?? packageManager ?? '');
  const published = knownTime(found.publicationTime);
  const { CVE, GHSA } = found.identifiers ?? {};
  return {
    id: found.id,
    ...splitVulnerabilityNames([...(CVE ?? []), ...(GHSA ?? [])]),
    package: peerPackageOf(undefined, {
      type,
      name: nameOf(found, type),
      version: found.version,
      paths: [displayTargetFile ?? targetFile],
    }),
    severity: severityOfWord(found.severity),
    fixedVersions: found.fixedIn ?? [],
    ...(published !== undefined && { published }),
  };
}

/** A package of a distribution is `source/binary`, or one name if both are equal. */
function nameOf({ name, packageName, id }: Issue, type: PackageType): string {
  const full = name || packageName || id;
  return isDistributionType(type) ? full.slice(full.lastIndexOf('/') + 1) : packageName || full;
}

function typeOf(packageManager: string): PackageType {
  const [family = ''] = packageManager.split(':');
  return types.get(family) ?? family;
}

/** purl types by Snyk's package managers and distributions. Others have equal names. */
const types: ReadonlyMap<string, PackageType> = typesByName({
  deb: ['debian', 'ubuntu'],
  apk: ['alpine', 'wolfi', 'chainguard'],
  rpm: ['rhel', 'centos', 'oracle', 'ol', 'amzn', 'sles', 'rocky', 'almalinux', 'fedora', 'linux'],
  npm: ['yarn', 'pnpm'],
  pypi: ['pip', 'poetry', 'pipenv', 'uv'],
  gem: ['rubygems'],
  golang: ['gomodules', 'golangdep', 'govendor'],
  maven: ['gradle', 'sbt'],
  nuget: ['paket'],
});
