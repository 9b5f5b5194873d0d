import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { strToU8, zipSync } from 'fflate';

/** A record of OSV: the package, its ecosystem and the ranges that are affected. */
export interface OsvAdvisory {
  readonly id: string;
  readonly ecosystem: string;
  readonly package: string;
  readonly ranges: readonly string[];
}

/** Writes a mirror of OSV's archives into a directory, one for each ecosystem. */
export function writeOsvMirror(place: string, advisories: readonly OsvAdvisory[]): void {
  const byEcosystem = Map.groupBy(advisories, ({ ecosystem }) => ecosystem);
  for (const ecosystem of ecosystems.values()) {
    const own = byEcosystem.get(ecosystem) ?? [];
    const records = own.map((one, i) => [`${i}.json`, strToU8(JSON.stringify(recordOf(one)))] as const);
    const archive = join(place, `osv-vulnerabilities.storage.googleapis.com/${ecosystem}/all.zip`);
    mkdirSync(dirname(archive), { recursive: true });
    writeFileSync(archive, zipSync(Object.fromEntries(records)));
  }
}

function recordOf({ id, ecosystem, package: name, ranges }: OsvAdvisory): unknown {
  return {
    id,
    modified: '2024-01-01T00:00:00Z',
    affected: [
      {
        package: { ecosystem, name },
        ranges: ranges.map((range) => ({ type: 'ECOSYSTEM', events: eventsOf(range) })),
      },
    ],
    database_specific: { severity: 'HIGH' },
  };
}

/** Returns the events of a range, `>= 1.0, < 2.0`. */
function eventsOf(range: string): unknown[] {
  const bounds = range.split(',').map((bound) => bound.trim().split(/\s+/));
  const bound = (operator: string): string | undefined => bounds.find(([first]) => first === operator)?.[1];
  const [introduced = '0', fixed, last] = ['>=', '<', '<='].map(bound);
  return [
    { introduced },
    ...(fixed === undefined ? [] : [{ fixed }]),
    ...(last === undefined ? [] : [{ last_affected: last }]),
  ];
}

/** The other scanner's names of ecosystems, and those of OSV. */
const ecosystems: ReadonlyMap<string, string> = new Map([
  ...([
    ['npm', 'npm'],
    ['pip', 'PyPI'],
    ['go', 'Go'],
    ['maven', 'Maven'],
    ['composer', 'Packagist'],
  ] as const),
  ...([
    ['nuget', 'NuGet'],
    ['swift', 'SwiftURL'],
    ['cargo', 'crates.io'],
    ['pub', 'Pub'],
    ['erlang', 'Hex'],
  ] as const),
  ['rubygems', 'RubyGems'],
]);

/** Advisories of language packages in a case of Trivy. Those of distributions have values of other shapes. */
interface LanguageCase {
  readonly advisories: readonly {
    readonly platform: string;
    readonly package: string;
    readonly id: string;
    readonly value: unknown;
  }[];
}

/** Returns the advisories of language packages of a case. */
export function languageAdvisories({ advisories }: LanguageCase): OsvAdvisory[] {
  return advisories.flatMap(({ platform, package: name, id, value }) => {
    const ecosystem = ecosystems.get(platform.split('::')[0] ?? '');
    return ecosystem === undefined ? [] : [{ id, ecosystem, package: name, ranges: rangesOf(value) }];
  });
}

/** Returns the affected ranges. RustSec states only the versions that have the fix: `>= 3.1.0` and, of an older line, `>= 2.1.3, < 3.0.0`. */
function rangesOf(value: unknown): readonly string[] {
  const { VulnerableVersions: affected, PatchedVersions: [fixed] = [] } = value as {
    readonly VulnerableVersions?: readonly string[];
    readonly PatchedVersions?: readonly string[];
  };
  return affected ?? (fixed === undefined ? [] : [fixed.replace('>=', '<')]);
}
