import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import * as z from 'zod/mini';
import type { Match } from '../../src/model/report.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { report, scratch } from './clair.ts';
import { databases, type ListedPackage, writeSystem } from './listed-system.ts';
import { corpusMirror } from './mirror.ts';

const folder = corpus('golden/reference');
const database = join(scratch, 'reference.db');

const maybe = z.optional(z.nullable(z.string()));

/** Packages of a real system, and the findings on them that an independent script computed with the native tool. */
const reference = z.object({
  packages: z.array(
    z.object({
      type: maybe,
      name: z.string(),
      version: maybe,
      evr: maybe,
      arch: maybe,
      origin: maybe,
      source: maybe,
      source_version: maybe,
      sourcerpm: maybe,
      modularity: maybe,
    }),
  ),
  expected: z.array(
    z.object({
      type: maybe,
      id: z.string(),
      cves: z.optional(z.array(z.string())),
      package: z.string(),
      source: maybe,
      fixed: maybe,
      /** Fix of an OVAL range: a version after `less than` is the fixed version. */
      op: maybe,
    }),
  ),
});

type Reference = z.output<typeof reference>;
type Expected = Reference['expected'][number];

/** How to create the system of a list, and how to compare its findings. */
interface Distribution {
  readonly kind: keyof typeof databases;
  readonly osRelease: Readonly<Record<string, string>>;
  /** Returns our name of an advisory. Defaults to the id of the reference. */
  readonly idOf?: (row: Expected) => readonly string[];
  /** Whether the reference would have the finding. Defaults to true. */
  readonly isOfReference?: (match: Match) => boolean;
  /** Whether the open part of the feed has the finding, and our rules count it as a vulnerability. Defaults to true. */
  readonly isComparable?: (row: Expected) => boolean;
  /** Returns the epoch of a package if the list has no epochs. */
  readonly epochOf?: (name: string) => string;
}

const osv = (ecosystem: string): string => `osv-vulnerabilities.storage.googleapis.com/${ecosystem}/all.zip`;

const distributions: readonly (readonly [pattern: RegExp, make: (release: string) => Distribution])[] = [
  [/^alpine-(.*)$/, (release) => ({ kind: 'apk', osRelease: { ID: 'alpine', VERSION_ID: release } })],
  [/^debian-(?:bookworm|multi)$/, () => debian('12')],
  [/^debian-trixie$/, () => debian('13')],
  [/^almalinux-(\d+)/, (release) => alma(release)],
  [/^Rocky-(\d+)/, (release) => rocky(release)],
  [/^amazonlinux2023/, () => ({ kind: 'rpm', osRelease: { ID: 'amzn', VERSION_ID: '2023' } })],
  [/^cbl-mariner-(2\.0)/, (release) => mariner(release)],
  [/^redhat-oval1-ubi-7/, () => redhat()],
];

/** The open part of the tracker has all advisories of two thirds of the packages. Only Debian packages are matched, not languages. */
function debian(release: string): Distribution {
  const file = join(corpusMirror(), 'security-tracker.debian.org/tracker/data/json');
  const packages = new Set(Object.keys(JSON.parse(readFileSync(file, 'utf8')) as object));
  return {
    kind: 'dpkg',
    osRelease: { ID: 'debian', VERSION_ID: release },
    isComparable: ({ type, source }) => (type ?? 'deb') === 'deb' && packages.has(source ?? ''),
  };
}

/** The open part has two thirds of the advisories. Rule: bug fixes and enhancements (ALBA, ALEA) are not vulnerabilities. */
function alma(release: string): Distribution {
  const errata = join(corpusMirror(), `errata.almalinux.org/${release}/errata.full.json`);
  const ids = existsSync(errata)
    ? new Set((JSON.parse(readFileSync(errata, 'utf8')) as { id: string }[]).map(({ id }) => id))
    : new Set(namesIn(osv('AlmaLinux')));
  return {
    kind: 'rpm',
    osRelease: { ID: 'almalinux', VERSION_ID: release },
    isComparable: ({ id }) => id.startsWith('ALSA-') && ids.has(id),
  };
}

/**
 * Rule: an entry that Microsoft marks as not applicable is not a finding. The reference ignores that mark. The feed names source packages
 * and affects all packages built from one. The reference has only the binary package of the same name.
 */
function mariner(release: string): Distribution {
  const file = `raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main/cbl-mariner-${release}-oval.xml`;
  const definitions = readFileSync(join(corpusMirror(), file), 'utf8').matchAll(
    /<definition class="vulnerability" id="([^"]+)"(.*?)<\/definition>/gs,
  );
  const needless = new Set<string>();
  for (const [, id = '', text = ''] of definitions)
    if (text.includes('<patchable>Not Applicable</patchable>')) needless.add(id);
  return {
    kind: 'rpm',
    osRelease: { ID: 'mariner', VERSION_ID: release },
    idOf: ({ cves = [] }) => cves,
    isOfReference: ({ package: item }) => item.source?.name === item.name,
    isComparable: ({ id }) => !needless.has(id),
  };
}

/** Rule: criteria count, not only versions. One definition in the file of RHEL 7 has a branch for RHEL 8. */
function redhat(): Distribution {
  return {
    kind: 'rpm',
    osRelease: { ID: 'rhel', VERSION_ID: '7.7' },
    idOf: ({ id }) => [id.replace(/^oval:com\.redhat\.rhsa:def:(\d{4})(\d+)$/, 'RHSA-$1:$2')],
    isComparable: ({ fixed }) => fixed?.includes('.el8') !== true,
  };
}

const rockyRecord = z.object({
  affected: z.array(
    z.object({
      package: z.object({ name: z.string() }),
      ranges: z.array(z.object({ events: z.array(z.object({ fixed: z.optional(z.string()) })) })),
    }),
  ),
});

/** The open part has two thirds of the advisories. The list has no epochs, so a package gets the epoch of its advisories. */
function rocky(release: string): Distribution {
  const archive = unzipSync(readFileSync(join(corpusMirror(), osv('Rocky Linux'))));
  const epochs = new Map<string, string>();
  for (const bytes of Object.values(archive)) {
    for (const { package: item, ranges } of z.parse(rockyRecord, JSON.parse(strFromU8(bytes))).affected) {
      const epoch = /^([1-9]\d*):/.exec(ranges[0]?.events.find(({ fixed }) => fixed)?.fixed ?? '')?.[1];
      if (epoch !== undefined) epochs.set(item.name, epoch);
    }
  }
  const ids = new Set(namesIn(osv('Rocky Linux')));
  return {
    kind: 'rpm',
    osRelease: { ID: 'rocky', VERSION_ID: release },
    isComparable: ({ id }) => ids.has(id),
    epochOf: (name) => epochs.get(name) ?? '0',
  };
}

/** Reads the records of an archive, by file name. */
function namesIn(archive: string): string[] {
  const names: string[] = [];
  unzipSync(readFileSync(join(corpusMirror(), archive)), {
    filter: ({ name }) => {
      names.push(name.replace(/\.json$/, ''));
      return false;
    },
  });
  return names;
}

/** Systems that cannot be compared, because the open part of the corpus does not have their feed. */
const withoutFeed: Readonly<Record<string, string>> = {
  'alpine-3.13.12': 'v3.13 of the secdb',
};

for (const name of existsSync(folder)
  ? readdirSync(folder).map((file) => file.slice(0, -'.json'.length))
  : []) {
  corpusTest(`${name}: a system of these packages has the findings an independent script computed`, () => {
    const { packages, expected } = z.parse(
      reference,
      JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')),
    );
    const system = distributionOf(name);
    const root = join(scratch, 'systems', name);
    const installed = packages.filter(isOfSystem).map((item) => listed(item, system));
    writeSystem(root, system.osRelease, databases[system.kind](installed));
    const { matches, coverage, statuses } = report(
      'scan',
      `dir:${root}`,
      '--mirror',
      corpusMirror(),
      '--db',
      database,
    );
    assert.deepEqual(
      statuses.filter(({ status }) => status !== 'succeeded'),
      [],
    );
    if (name in withoutFeed) {
      assert.deepEqual(
        coverage.map(({ status }) => status),
        ['missing'],
      );
      return;
    }
    const found = matches.filter((match) => system.isOfReference?.(match) ?? true);
    const comparable = expected.filter((row) => system.isComparable?.(row) ?? true);
    const wanted = comparable.flatMap((row) =>
      (system.idOf?.(row) ?? [row.id]).map((id) => `${id} ${row.package} ${fixOf(row)}`),
    );
    assert.deepEqual([...new Set(found.flatMap(advisoriesOf))].sort(), [...new Set(wanted)].sort());
    assert.ok(expected.length === 0 || wanted.length > 0);
  });
}

corpusTest('every reference was compared', () => {
  assert.equal(readdirSync(folder).length, 24);
});

function distributionOf(name: string): Distribution {
  for (const [pattern, make] of distributions) {
    const [found, release = ''] = pattern.exec(name) ?? [];
    if (found !== undefined) return make(release);
  }
  throw new Error(`no system is defined for ${name}`);
}

function isOfSystem({ type }: Reference['packages'][number]): boolean {
  return (type ?? 'deb') === 'deb';
}

function listed(item: Reference['packages'][number], { epochOf }: Distribution): ListedPackage {
  const { name, version, arch, origin, source, source_version, sourcerpm, modularity } = item;
  const full = version ?? item.evr ?? '';
  const built = source ?? origin;
  return {
    name,
    version: epochOf === undefined ? full : `${epochOf(name)}:${full}`,
    arch: arch ?? '',
    ...(built && { source: [built, source_version ?? full] as const }),
    sourceRpm: sourcerpm ?? undefined,
    modularity: modularity ?? undefined,
  };
}

/** Returns each advisory that makes a finding: its name, the package and the fix. */
function advisoriesOf({ vulnerability, package: item }: Match): string[] {
  return vulnerability.advisories.map(
    ({ id, fixedVersion }) => `${id} ${item.name} ${evr(fixedVersion ?? 'none')}`,
  );
}

function fixOf({ fixed, op }: Expected): string {
  return op === 'less than or equal' ? 'none' : evr(fixed ?? 'none');
}

/** Rule: a missing epoch equals epoch 0. */
function evr(version: string): string {
  return version.replace(/^0:/, '');
}
