import { readFileSync } from 'node:fs';
import { builtIn } from '../../../src/extensions.ts';
import type { FeedRecord, ListedPackage, PackageLister, VersionScheme } from '../../../src/plugin/index.ts';
import { amazon } from '../../../src/source/amazon/amazon.ts';
import { debian } from '../../../src/source/debian/debian.ts';
import { oracle } from '../../../src/source/oracle/oracle.ts';
import { rhelOval } from '../../../src/source/rhel/rhel-oval.ts';
import { suse } from '../../../src/source/suse/suse.ts';
import { readTrackerFile } from '../../../src/source/ubuntu/tracker.ts';
import { ubuntuOval } from '../../../src/source/ubuntu/ubuntu-oval.ts';
import { corpus } from '../../../src/testing/corpus.ts';
import { type FixtureCase, fileOf, read } from './facts.ts';

/** A table of one of Clair's own tests. */
export interface ClairTable {
  /** Such as `release-2.0 ext/vulnsrc/debian/debian_test.go:42`. */
  readonly name: string;
  readonly value: unknown;
}

/** All tables of both branches. */
export function clairTables(): readonly ClairTable[] {
  return ['release-2.0', 'development-3.0'].flatMap((branch) => {
    const text = readFileSync(corpus(`golden/clair-v2-updaters/${branch}.json`), 'utf8');
    const tables = JSON.parse(text) as { file: string; line: number; value: unknown }[];
    return tables.map(({ file, line, value }) => ({ name: `${branch} ${file}:${line}`, value }));
  });
}

/** A feature as either branch represents it. */
interface Feature {
  readonly Feature?: { readonly Namespace: { readonly Name: string }; readonly Name: string };
  readonly Version?: string;
  readonly Namespace?: { readonly Name: string };
  readonly FeatureName?: string;
  readonly FixedInVersion?: string;
}

/** Source of a table: the parsed file, and the number or id of its record. */
interface Origin {
  readonly table: string;
  readonly fixture: string;
  readonly read: (content: Buffer) => Promise<readonly FeedRecord[]>;
  readonly record?: number | string;
  /** Our names of namespaces by Clair's. */
  readonly namespaceOf?: (name: string) => string;
}

const ofRhel = (name: string) => name.replace('centos', 'rhel');
/** Replaces code that the converter could not evaluate by the first version that the test loops over. */
const ofSuse = (release: string) => (name: string) => (name.startsWith('fmt.') ? release : name);

const origins: readonly Origin[] = [
  ...(['release-2.0', 'development-3.0'] as const).flatMap((branch) => {
    const [place, lines] =
      branch === 'release-2.0' ? ['release-2.0/ext', [64, 97, 157, 190]] : ['ext', [61, 94, 154, 187]];
    return lines.map((line, index): Origin => {
      const release = index < 2 ? '1' : '2';
      return {
        table: `${branch} ext/vulnsrc/amzn/amzn_test.go:${line}`,
        fixture: `${place}/vulnsrc/amzn/testdata/amazon_linux_${release}_updateinfo.xml`,
        read: (content) => read(amazon, release, content),
        record: index % 2,
      };
    });
  }),
  ...(
    [
      ['release-2.0', 42, 'CVE-2015-1323'],
      ['release-2.0', 73, 'CVE-2003-0779'],
      ['release-2.0', 114, 'CVE-2013-2685'],
      ['development-3.0', 42, 'CVE-2015-1323'],
      ['development-3.0', 72, 'CVE-2003-0779'],
    ] as const
  ).map(
    ([branch, line, record]): Origin => ({
      table: `${branch} ext/vulnsrc/debian/debian_test.go:${line}`,
      fixture: `${branch === 'release-2.0' ? 'release-2.0/' : ''}ext/vulnsrc/debian/testdata/fetcher_debian_test.json`,
      read: (content) => read(debian, 'tracker', content),
      record,
    }),
  ),
  ...(
    [
      ['release-2.0', 43, 'release-2.0/ext', 1],
      ['release-2.0', 90, 'release-2.0/ext', 2],
      ['development-3.0', 44, 'ext', 1],
    ] as const
  ).map(
    ([branch, line, place, number]): Origin => ({
      table: `${branch} ext/vulnsrc/oracle/oracle_test.go:${line}`,
      fixture: `${place}/vulnsrc/oracle/testdata/fetcher_oracle_test.${number}.xml`,
      read: (content) => read(oracle, 'elsa', content),
    }),
  ),
  ...(
    [
      [41, 1],
      [88, 2],
    ] as const
  ).map(
    ([line, number]): Origin => ({
      table: `release-2.0 ext/vulnsrc/rhel/rhel_test.go:${line}`,
      fixture: `release-2.0/ext/vulnsrc/rhel/testdata/fetcher_rhel_test.${number}.xml`,
      read: (content) => read(rhelOval, 'RHEL7', content),
      namespaceOf: ofRhel,
    }),
  ),
  {
    table: 'release-2.0 ext/vulnsrc/ubuntu/ubuntu_test.go:47',
    fixture: 'release-2.0/ext/vulnsrc/ubuntu/testdata/fetcher_ubuntu_test.txt',
    read: (bytes) => Promise.resolve([readTrackerFile({ path: 'active/CVE-2015-4471', bytes })]),
  },
  {
    table: 'development-3.0 ext/vulnsrc/ubuntu/ubuntu_test.go:49',
    fixture: 'ext/vulnsrc/ubuntu/testdata/fetcher_ubuntu_test.xml',
    read: (content) => read(ubuntuOval, 'xenial', content),
    namespaceOf: (name) => name.replace('xenial', '16.04'),
  },
  {
    table: 'development-3.0 ext/vulnsrc/suse/suse_test.go:49',
    fixture: 'ext/vulnsrc/suse/testdata/fetcher_opensuse_test.1.xml',
    read: (content) => read(suse, 'opensuse-leap-42.1', content),
    namespaceOf: ofSuse('opensuse-leap:42.1'),
  },
  {
    table: 'development-3.0 ext/vulnsrc/suse/suse_test.go:97',
    fixture: 'ext/vulnsrc/suse/testdata/fetcher_sle_test.1.xml',
    read: async (content) => [
      ...(await read(suse, 'sles-12', content)),
      ...(await read(suse, 'sles-12.1', content)),
    ],
    namespaceOf: ofSuse('sles:12'),
  },
];

function featureCase({
  table,
  fixture,
  read: readIt,
  record,
  namespaceOf = (name) => name,
}: Origin): FixtureCase {
  return {
    name: table,
    files: [fixture],
    isPart: true,
    stated: () =>
      (tableOf(table) as readonly Feature[]).map((feature) => {
        const namespace = feature.Feature?.Namespace.Name ?? feature.Namespace?.Name ?? '';
        const version = feature.Version ?? feature.FixedInVersion ?? 'versionfmt.MaxVersion';
        return `${namespaceOf(namespace)} ${feature.Feature?.Name ?? feature.FeatureName} ${versionOf(version)}`;
      }),
    ours: async (archive) => {
      const records = await readIt(fileOf(archive, fixture));
      return records
        .filter(
          (one, index) => record === undefined || record === index || ('id' in one && one.id === record),
        )
        .flatMap(rowsOf);
    },
  };
}

function rowsOf(record: FeedRecord): string[] {
  if (record.kind !== 'vulnerability') return [`${record.key} skipped`];
  return record.affected.map(({ namespace, package: name, fix }) => {
    const end = fix.state === 'fixed' ? versionOf(fix.version) : fix.state;
    return `${namespace.name} ${name} ${end}`;
  });
}

/** In Clair the largest version means that there is no fix, and the smallest that nothing is affected. A missing epoch equals epoch 0. */
function versionOf(version: string): string {
  if (version === 'versionfmt.MaxVersion') return 'unfixed';
  return version === 'versionfmt.MinVersion' ? 'not-affected' : version.replace(/^0:/, '');
}

function tableOf(table: string): unknown {
  return clairTables().find(({ name }) => name === table)?.value;
}

/** Returns a case for a table of version comparisons: pairs of versions with their order. */
function versionCase(branch: string, name: string, line: number): FixtureCase {
  const table = `${branch} ext/versionfmt/${name}/parser_test.go:${line}`;
  const words = ['LESS', 'EQUAL', 'GREATER'];
  const pairs = () => tableOf(table) as readonly (readonly [string, string, string])[];
  const scheme = builtIn.schemes.find((one) => one.name === name) as VersionScheme;
  return {
    name: table,
    files: [],
    stated: () => pairs().map((pair) => pair.join(' ')),
    ours: () =>
      Promise.resolve(
        pairs().map(
          ([a, , b]) =>
            `${a} ${words[1 + Math.sign(scheme.compare(a, b) ?? Number.NaN)] ?? 'unordered'} ${b}`,
        ),
      ),
  };
}

/** Returns a Red Hat severity by its word, through a definition that contains it. */
const redHatSeverities: FixtureCase = {
  name: 'development-3.0 ext/vulnsrc/redhat/redhat_test.go:435',
  files: [],
  stated: () =>
    (tableOf('development-3.0 ext/vulnsrc/redhat/redhat_test.go:435') as [string, [string], string][]).map(
      ([, [word], severity]) => `${word} is ${severity.replace(/^database\.(\w+)Severity$/, '$1')}`,
    ),
  ours: async (archive) => {
    const whole = fileOf(archive, 'release-2.0/ext/vulnsrc/rhel/testdata/fetcher_rhel_test.1.xml').toString();
    const words = ['None', 'Low', 'Moderate', 'Important', 'Critical', 'Unknown'];
    const records = words.map(async (word) => {
      const file = whole.replace(/<severity>.*<\/severity>/, `<severity>${word}</severity>`);
      const [record] = await read(rhelOval, 'RHEL7', Buffer.from(file));
      return `${word} is ${record !== undefined && 'severity' in record ? record.severity : 'skipped'}`;
    });
    return Promise.all(records);
  },
};

/** Returns a package by the comment of SUSE's criterion, which has no test. */
const suseComments: FixtureCase = {
  name: 'development-3.0 ext/vulnsrc/suse/suse_test.go:125',
  files: [],
  stated: () =>
    Object.values(
      tableOf('development-3.0 ext/vulnsrc/suse/suse_test.go:125') as Record<string, [string, string]>,
    ).map(([name, version]) => `sles:12 ${name} ${version}`),
  ours: async () => {
    const comments = Object.keys(tableOf('development-3.0 ext/vulnsrc/suse/suse_test.go:125') as object);
    const criteria = comments.map((comment) => `<criterion test_ref="none" comment="${comment}"/>`).join('');
    const file = `<oval_definitions><definitions><definition id="oval:suse:def:1" class="vulnerability"><metadata>
      <title>CVE-2024-0001</title></metadata><criteria operator="AND">
      <criterion test_ref="none" comment="SUSE Linux Enterprise Server 12 is installed"/>
      <criteria operator="OR">${criteria}</criteria></criteria></definition></definitions></oval_definitions>`;
    return (await read(suse, 'sles-12', Buffer.from(file))).flatMap(rowsOf);
  },
};

/** Returns the packages of a database in Clair's tests by name and version, as binary packages like ours. */
function listerCase(
  table: string,
  { lister, path, file }: { lister: string; path: string; file: string },
): FixtureCase {
  const found = builtIn.listers.find(({ name }) => name === lister) as PackageLister;
  return {
    name: table,
    files: [],
    stated: () => statedPackages(tableOf(table)),
    ours: () => {
      const listed = [...found.list(new Map([[path, readFileSync(corpus(file))]]))];
      const packages = listed.flatMap((one) => (one.kind === 'package' ? [one.package] : []));
      return Promise.resolve(
        packages.flatMap((one) => namesOf(one, lister, table.startsWith('release-2.0'))),
      );
    },
  };
}

/** Clair 2 identifies dpkg packages by their source. Clair 3 identifies apk packages by their own names only. */
function namesOf({ name, version, source }: ListedPackage, lister: string, isFirst: boolean): string[] {
  const built = `${source?.name ?? name} ${source?.version ?? version}`;
  if (isFirst) return [lister === 'dpkg' ? built : `${name} ${version}`];
  return [`${name} ${version} binary`, ...(lister === 'dpkg' ? [`${built} source`] : [])];
}

/** Clair 2 has one name for a package. Clair 3 distinguishes binary and source packages. */
function statedPackages(value: unknown): string[] {
  const [first] = value as readonly unknown[];
  if (Array.isArray(first)) {
    const [, , features] = first as [string, object, readonly { Feature: readonly string[] }[]];
    return features.map(({ Feature: [name, version, , kind] }) => `${name} ${version} ${kind}`);
  }
  const { FeatureVersions } = first as {
    FeatureVersions: readonly { Feature: { Name: string }; Version: string }[];
  };
  return FeatureVersions.map(({ Feature, Version }) => `${Feature.Name} ${Version}`);
}

const apkFile = 'lib/apk/db/installed';
const dpkgFile = 'var/lib/dpkg/status';

/** Tables of facts whose inputs are available. */
export const clairCases: readonly FixtureCase[] = [
  ...origins.map(featureCase),
  ...['release-2.0', 'development-3.0'].flatMap((branch) => [
    versionCase(branch, 'dpkg', 105),
    versionCase(branch, 'rpm', 84),
  ]),
  redHatSeverities,
  suseComments,
  ...(
    [
      ['release-2.0', 'apk', 'installed', apkFile],
      ['development-3.0', 'apk', 'valid', apkFile],
      ['release-2.0', 'dpkg', 'status', dpkgFile],
      ['development-3.0', 'dpkg', 'valid', dpkgFile],
    ] as const
  ).map(([branch, lister, file, path]) =>
    listerCase(`${branch} ext/featurefmt/${lister}/${lister}_test.go:26`, {
      lister,
      path,
      file: `pkgdb/${lister}/clair/${branch}/ext/featurefmt/${lister}/testdata/${file}`,
    }),
  ),
];

/** Tables about other subjects, with those subjects. */
export const otherTables: Readonly<Record<string, string>> = {
  'release-2.0 ext/featurefmt/rpm/rpm_test.go:26': 'its database is not in the corpus',
  'development-3.0 ext/featurefmt/rpm/rpm_test.go:27': 'its database is not in the corpus',
  'development-3.0 ext/featurefmt/rpm/rpm_test.go:332': 'its database is not in the corpus',
  'development-3.0 ext/featurefmt/modulerpm/modulerpm_test.go:26': 'its database is not in the corpus',
  'development-3.0 ext/featurefmt/rpm/redhatrpm_test.go:34': 'its database is not in the corpus',
  'development-3.0 ext/featurefmt/rpm/redhatrpm_test.go:64': 'its database is not in the corpus',
  'development-3.0 ext/featurens/driver_test.go:51':
    'names detectors of Clair; the namespaces are in the replayed conversations',
  'release-2.0 worker_test.go:64': 'is about layers, which the replayed conversations are too',
  'release-2.0 ext/vulnsrc/oracle/oracle_test.go:120':
    'orders ids of errata, for what was fetched last; we ask for what has changed',
  'development-3.0 ext/vulnsrc/oracle/oracle_test.go:110':
    'orders ids of errata, for what was fetched last; we ask for what has changed',
  'development-3.0 ext/vulnsrc/redhat/redhat_test.go:57':
    'keeps signatures of files in the database; we have fingerprints of feeds',
  'development-3.0 ext/vulnsrc/redhat/redhat_test.go:78':
    'drops what is not for x86_64; we keep the architectures of a row',
  'development-3.0 ext/vulnsrc/redhat/redhat_test.go:107':
    'marks the criteria that make rows; the rows themselves are compared',
  'development-3.0 ext/vulnsrc/redhat/redhat_test.go:133':
    'drops definitions that are no patches; we also read what has no fix',
  'development-3.0 ext/vulnsrc/redhat/redhat_test.go:178':
    'drops advisories before a date; we compare whole feeds',
  'development-3.0 ext/vulnsrc/redhat/redhat_test.go:210':
    'drops advisories before a date; we compare whole feeds',
  'development-3.0 ext/vulnsrc/redhat/redhat_test.go:247': 'states that a file is fetched',
  'development-3.0 ext/vulnsrc/redhat/redhat_test.go:297': 'states that a file is inflated',
  'development-3.0 ext/vulnsrc/redhat/redhat_test.go:390':
    'drops advisories without a severity; we keep them as negligible',
  'development-3.0 ext/vulnsrc/redhat/redhat_test.go:481': 'is a look-up in a list of Clair’s own',
  'development-3.0 ext/vulnsrc/redhat/redhat_test.go:552':
    'takes an id from title or reference of a definition that has nothing else',
  'development-3.0 ext/vulnsrc/redhat/redhat_test.go:599':
    'takes modules from criteria of definitions that have nothing else',
  'development-3.0 ext/vulnsrc/redhat/redhat_test.go:658': 'is a look-up in a list of Clair’s own',
  'development-3.0 ext/vulnsrc/redhat/redhat_test.go:821': 'is a look-up in a list of Clair’s own',
  'development-3.0 ext/vulnsrc/redhat/redhat_test.go:945': 'merges lists of Clair’s own',
  'development-3.0 ext/vulnsrc/redhat/redhat_test.go:1129': 'are signatures of files',
};
