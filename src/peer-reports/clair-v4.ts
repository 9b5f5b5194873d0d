import * as z from 'zod/mini';
import { cvesIn } from '../model/cve.ts';
import type { PackageType } from '../model/package.ts';
import type { PeerFinding, PeerPackage } from '../model/peer-report.ts';
import {
  checkPeerEntries,
  corruptPeerReport,
  knownTime,
  maybeListOf,
  maybeText,
  type PeerReportReader,
  parsePeerDocument,
  peerPackageOf,
  presentText,
  quotedValue,
  severityOfWord,
  splitVulnerabilityNames,
} from './peer-document.ts';

const title = 'Clair v4';

const maybeMapOf = <T extends z.ZodMiniType>(
  item: T,
): z.ZodMiniOptional<z.ZodMiniNullable<z.ZodMiniRecord<z.ZodMiniString, T>>> =>
  z.nullish(z.record(z.string(), item));

const vulnerability = z.object({
  name: presentText,
  issued: maybeText,
  links: maybeText,
  severity: maybeText,
  normalized_severity: maybeText,
  fixed_in_version: maybeText,
});

const schema = z.object({
  packages: maybeMapOf(z.object({ name: presentText, version: z.string() })),
  environments: maybeMapOf(z.array(z.object({ package_db: z.string() }))),
  vulnerabilities: maybeMapOf(vulnerability),
  package_vulnerabilities: maybeMapOf(maybeListOf(z.string())),
});

type ClairReport = z.output<typeof schema>;

/** Reads the vulnerability report of the matcher of Clair v4. */
export const clairV4Reader: PeerReportReader = {
  title,
  recognizes: (head) => 'manifest_hash' in head && 'package_vulnerabilities' in head,
  read(document, place) {
    const report = parsePeerDocument(schema, document, { title, place });
    const packages = new Map(
      Object.entries(report.packages ?? {}).map(([id, item]) => [
        id,
        packageFrom(item, report.environments?.[id] ?? []),
      ]),
    );
    const findings = findingsIn(report, packages, place);
    checkPeerEntries(place, packages.size + findings.length);
    return { format: 'clair-v4', tool: title, packages: [...packages.values()], findings };
  },
};

function packageFrom(
  { name, version }: { readonly name: string; readonly version: string },
  environments: readonly { readonly package_db: string }[],
): PeerPackage {
  const [database = ''] = environments.map((each) => each.package_db);
  const type = databases.find(([pattern]) => pattern.test(database))?.[1] ?? '';
  // The database of a language package is the kind of package and its path.
  const path = database.slice(database.indexOf(':') + 1);
  return peerPackageOf(undefined, { type, name, version, paths: [path] });
}

/** purl types by the databases that packages are found in. */
const databases: readonly (readonly [RegExp, PackageType])[] = [
  [/dpkg/, 'deb'],
  [/^(?:bdb|ndb|sqlite):|rpm/, 'rpm'],
  [/apk/, 'apk'],
  [/^python:/, 'pypi'],
  [/^nodejs:/, 'npm'],
  [/^go:/, 'golang'],
  [/^(?:maven|jar|java):/, 'maven'],
  [/^ruby:/, 'gem'],
];

function findingsIn(
  report: ClairReport,
  packages: ReadonlyMap<string, PeerPackage>,
  place: string,
): PeerFinding[] {
  return Object.entries(report.package_vulnerabilities ?? {}).flatMap(([packageId, ids]) => {
    const item = packages.get(packageId);
    if (item === undefined)
      throw corruptPeerReport(
        place,
        `has vulnerabilities of package ${quotedValue(packageId)}, which it does not list`,
      );
    return (ids ?? []).map((id) => {
      const entry = report.vulnerabilities?.[id];
      if (entry === undefined)
        throw corruptPeerReport(place, `refers to vulnerability ${quotedValue(id)}, which it does not list`);
      return findingFrom(entry, item);
    });
  });
}

/** The name is an id, often with words around it: `CVE-2020-1 on Ubuntu 18.04 LTS (bionic) - low.` or `RHSA-2021:1: … (Important)`. */
function findingFrom(entry: z.output<typeof vulnerability>, item: PeerPackage): PeerFinding {
  const [first = entry.name] = entry.name.split(' ');
  const [cve] = cvesIn(entry.name);
  const id = cve ?? (first.replace(/:$/, '') || entry.name);
  const published = knownTime(entry.issued);
  // Links of an advisory name its CVEs. A CVE is one vulnerability, whatever its links name.
  const others = cve === undefined ? cvesIn(entry.links ?? '') : [];
  const stated = severityOfWord(entry.normalized_severity);
  return {
    id,
    ...splitVulnerabilityNames(others.filter((name) => name !== id)),
    package: item,
    severity: stated === 'Unknown' ? severityOfWord(entry.severity) : stated,
    fixedVersions: fixedVersionOf(entry.fixed_in_version ?? ''),
    ...(published !== undefined && { published }),
  };
}

/** Updaters for OSV write a query: `fixed=1.2.3&introduced=1.0`. */
function fixedVersionOf(text: string): string[] {
  const version = text.includes('=') ? (new URLSearchParams(text).get('fixed') ?? '') : text;
  return version === '' || version === '0' ? [] : [version];
}
