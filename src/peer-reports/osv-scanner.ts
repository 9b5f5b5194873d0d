import * as z from 'zod/mini';
import type { PackageType } from '../model/package.ts';
import type { PeerFinding, PeerPackage, PeerReport } from '../model/peer-report.ts';
import { type Severity, severityOfScore } from '../model/severity.ts';
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
} from './peer-document.ts';

const title = 'osv-scanner';

const vulnerability = z.object({
  id: presentText,
  aliases: maybeListOf(z.string()),
  upstream: maybeListOf(z.string()),
  published: maybeText,
  withdrawn: maybeText,
  database_specific: z.nullish(z.looseObject({ severity: z.optional(z.unknown()) })),
  affected: maybeListOf(
    z.object({
      package: z.nullish(z.object({ name: z.string() })),
      ranges: maybeListOf(z.object({ events: maybeListOf(z.object({ fixed: maybeText })) })),
    }),
  ),
});

const found = z.object({
  package: z.object({ name: presentText, version: z.string(), ecosystem: z.string() }),
  vulnerabilities: maybeListOf(vulnerability),
  groups: maybeListOf(
    z.object({
      ids: z.array(presentText).check(z.minLength(1, 'an empty list')),
      aliases: maybeListOf(z.string()),
      max_severity: maybeText,
    }),
  ),
});

const schema = z.object({
  results: z.array(z.object({ source: z.object({ path: z.string() }), packages: z.array(found) })),
});

type FoundPackage = z.output<typeof found>;
type Group = NonNullable<FoundPackage['groups']>[number];

/** Reads `osv-scanner … --format json`. */
export const osvScannerReader: PeerReportReader = {
  title,
  recognizes: ({ results }) =>
    Array.isArray(results) &&
    (results as readonly unknown[]).every(
      (one) => typeof one === 'object' && one !== null && 'source' in one,
    ),
  read: (document, place) => reportFrom(parsePeerDocument(schema, document, { title, place }), place),
};

function reportFrom({ results }: z.output<typeof schema>, place: string): PeerReport {
  const rows = results.flatMap(({ source, packages }) =>
    packages.map((one) => ({ one, item: packageFrom(one, source.path) })),
  );
  const findings = rows.flatMap(({ one, item }) => findingsIn(one, item));
  checkPeerEntries(place, rows.length + findings.length);
  // Without `--all-packages`, each package has a vulnerability.
  const isWhole = rows.some(({ one }) => (one.vulnerabilities ?? []).length === 0);
  return {
    format: 'osv-scanner',
    tool: title,
    ...(isWhole && { packages: rows.map(({ item }) => item) }),
    findings,
  };
}

function packageFrom({ package: { name, version, ecosystem } }: FoundPackage, path: string): PeerPackage {
  const [family = ''] = ecosystem.split(':');
  return peerPackageOf(undefined, {
    type: types.get(family) ?? family.toLowerCase(),
    name,
    version,
    paths: [path],
  });
}

/** A group has the ids of one vulnerability. */
function findingsIn(
  { vulnerabilities, groups, package: { name } }: FoundPackage,
  item: PeerPackage,
): PeerFinding[] {
  const records = vulnerabilities ?? [];
  const all: readonly Group[] = groups ?? records.map(({ id, aliases }) => ({ ids: [id], aliases }));
  return all.map((group): PeerFinding => {
    const [id = '', ...others] = group.ids;
    const own = records.filter((record) => group.ids.includes(record.id));
    const published = own.flatMap((record) => knownTime(record.published) ?? []).sort()[0];
    const related = own.flatMap((record) => [...(record.aliases ?? []), ...(record.upstream ?? [])]);
    return {
      id,
      ...splitVulnerabilityNames([...new Set([...others, ...(group.aliases ?? []), ...related])]),
      package: item,
      severity: severityOf(own, group),
      fixedVersions: fixedVersionsOf(own, name),
      ...(published !== undefined && { published }),
      ...(own.length > 0 && own.every(({ withdrawn }) => withdrawn != null) && { isWithdrawn: true }),
    };
  });
}

function severityOf(records: readonly z.output<typeof vulnerability>[], group: Group): Severity {
  const words = records.map(({ database_specific: own }) => own?.severity);
  const stated = words.map((word) => severityOfWord(typeof word === 'string' ? word : undefined));
  return (
    stated.find((severity) => severity !== 'Unknown') ??
    severityOfScore(Number(group.max_severity || Number.NaN))
  );
}

function fixedVersionsOf(records: readonly z.output<typeof vulnerability>[], name: string): string[] {
  const rows = records.flatMap(({ affected }) => affected ?? []).filter((row) => row.package?.name === name);
  const events = rows.flatMap(({ ranges }) => (ranges ?? []).flatMap((range) => range.events ?? []));
  return [...new Set(events.flatMap(({ fixed }) => fixed ?? []))];
}

/** purl types by ecosystems of OSV, without their releases. */
const types: ReadonlyMap<string, PackageType> = typesByName({
  deb: ['Debian', 'Ubuntu', 'Echo'],
  apk: ['Alpine', 'Wolfi', 'Chainguard', 'MinimOS'],
  rpm: [
    ...['Red Hat', 'Rocky Linux', 'AlmaLinux', 'SUSE', 'openSUSE', 'Mageia', 'Photon OS'],
    ...['Azure Linux', 'openEuler', 'Oracle Linux'],
  ],
  npm: ['npm'],
  pypi: ['PyPI'],
  maven: ['Maven'],
  golang: ['Go'],
  gem: ['RubyGems'],
  composer: ['Packagist'],
  cargo: ['crates.io'],
  nuget: ['NuGet'],
  hex: ['Hex'],
  cran: ['CRAN'],
  pub: ['Pub'],
  swift: ['SwiftURL'],
  conan: ['ConanCenter'],
});
