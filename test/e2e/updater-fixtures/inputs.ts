import { readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { epss } from '../../../src/enrich/epss/epss.ts';
import { kev } from '../../../src/enrich/kev/kev.ts';
import { builtIn } from '../../../src/extensions.ts';
import { alma } from '../../../src/source/alma/alma.ts';
import { amazon } from '../../../src/source/amazon/amazon.ts';
import { azure } from '../../../src/source/azure/azure.ts';
import { bottlerocket } from '../../../src/source/bottlerocket/bottlerocket.ts';
import { oracle } from '../../../src/source/oracle/oracle.ts';
import { osvSource } from '../../../src/source/osv/osv.ts';
import { photon } from '../../../src/source/photon/photon.ts';
import { rocky } from '../../../src/source/rocky/rocky.ts';
import { readTrackerFile } from '../../../src/source/ubuntu/tracker.ts';
import { corpus } from '../../../src/testing/corpus.ts';
import { unbatched } from '../../../src/testing/unbatched-enricher.ts';
import {
  type Archive,
  type FixtureCase,
  fileOf,
  jsonIn,
  ratingsOf,
  read,
  rowFacts,
  scoreFacts,
  severityFacts,
} from './facts.ts';

const vunnel = 'vunnel/tests/unit/providers';
const vulnList = 'vuln-list-update';
const trivyDb = 'trivy-db/pkg/vulnsrc';

/** A record in OSV format. */
interface Osv {
  readonly id: string;
  readonly affected: readonly {
    readonly package: { readonly ecosystem: string; readonly name: string };
    readonly ranges: readonly { readonly events: readonly { readonly fixed?: string }[] }[];
  }[];
}

/** Returns OSV records as the archive that a source reads. */
function zipOf(archive: Archive, folder: string): Uint8Array {
  const files = [...archive].filter(([path]) => path.startsWith(folder) && path.endsWith('.json'));
  return zipSync(Object.fromEntries(files.map(([path, bytes]) => [path.slice(folder.length), bytes])), {
    level: 0,
  });
}

/** Facts of records without an independent statement: each `fixed` of a record is a row. */
function osvFacts(archive: Archive, folder: string, namespaceOf: (ecosystem: string) => string): string[] {
  return jsonIn<Osv>(archive, folder)
    .filter(({ id }) => !/^AL[BE]A-/.test(id))
    .flatMap(({ id, affected }) =>
      affected.flatMap(({ package: { ecosystem, name }, ranges }) =>
        ranges
          .flatMap(({ events }) => events.flatMap(({ fixed }) => fixed ?? []))
          .map((fixed) => `${id} ${namespaceOf(ecosystem)} ${name} ${fixed}`),
      ),
    );
}

const named = (ecosystem: string) => ecosystem.toLowerCase().replace(' linux', '');

/** Comments of OVAL criteria, such as `oracle:8 openssl 2:1.1.1g-15.ksplice1.el8_3`, whatever operator joins them. */
function earlierThan(text: string): string[] {
  return text.split('<definition ').flatMap((definition) => {
    const release = /Oracle Linux (\d+) is installed/.exec(definition)?.[1];
    const found = definition.matchAll(/comment="(\S+) is earlier than (\S+)"/g);
    return Array.from(found, ([, name, evr]) => `oracle:${release} ${name} ${evr}`);
  });
}

/** Files without a snapshot. The expected facts come from the simplest independent parser. */
export const inputCases: readonly FixtureCase[] = [
  ...(['8', '9'] as const).map((release): FixtureCase => {
    const folder = `${vunnel}/alma/test-fixtures/osv-database/advisories/almalinux${release}/`;
    return {
      name: `vunnel alma ${release}`,
      files: [folder],
      stated: (archive) => osvFacts(archive, folder, named),
      ours: async (archive) => rowFacts(await read(alma, release, zipOf(archive, folder), 'all.zip')),
    };
  }),
  {
    name: 'vunnel rocky',
    files: [`${vunnel}/rocky/test-fixtures/osv/`],
    stated: (archive) => osvFacts(archive, `${vunnel}/rocky/test-fixtures/osv/`, named),
    ours: async (archive) =>
      rowFacts(
        await read(rocky, 'advisories', zipOf(archive, `${vunnel}/rocky/test-fixtures/osv/`), 'all.zip'),
      ),
  },
  ...['mock_ksplice_data', 'mock_per_arch_data'].map((file): FixtureCase => {
    const path = `${vunnel}/oracle/test-fixtures/${file}`;
    return {
      name: `vunnel oracle ${file}`,
      files: [path],
      stated: (archive) => earlierThan(fileOf(archive, path).toString()),
      ours: async (archive) =>
        rowFacts(await read(oracle, 'elsa', fileOf(archive, path))).map((fact) => fact.replace(/^\S+ /, '')),
    };
  }),
  {
    name: 'trivy-db govulndb',
    files: [`${trivyDb}/govulndb/testdata/happy/`],
    stated: (archive) => osvFacts(archive, `${trivyDb}/govulndb/testdata/happy/`, () => 'golang'),
    ours: async (archive) => {
      const osv = osvSource(builtIn.schemes);
      return rowFacts(
        await read(osv, 'Go', zipOf(archive, `${trivyDb}/govulndb/testdata/happy/`), 'all.zip'),
      );
    },
  },
  {
    name: 'vuln-list ubuntu',
    files: [`${vulnList}/ubuntu/testdata/`],
    isPart: true,
    stated: (archive) =>
      trackerFiles(archive).flatMap((text) => {
        const id = /^Candidate: (\S+)$/m.exec(text)?.[1];
        const found = text.matchAll(/^(xenial|bionic|focal)_(\S+?): (released) \(([^) ]+)\)$/gm);
        return Array.from(found, ([, codename, name, , version]) => {
          const release = { xenial: '16.04', bionic: '18.04', focal: '20.04' }[codename ?? ''];
          return `${id} ubuntu:${release} ${name} ${version}`;
        });
      }),
    ours: (archive) =>
      Promise.resolve(
        trackerFiles(archive).flatMap((text) => {
          const path = `active/${/^Candidate: (\S+)$/m.exec(text)?.[1]}`;
          return rowFacts([readTrackerFile({ path, bytes: Buffer.from(text) })]);
        }),
      ),
  },
  {
    name: 'vunnel kev single-entry',
    files: [`${vunnel}/kev/test-fixtures/single-entry/example1.json`],
    stated: () => ['CVE-2025-0108 2025-02-18'],
    ours: async (archive) => {
      const entry = fileOf(archive, `${vunnel}/kev/test-fixtures/single-entry/example1.json`).toString();
      const all = await read(unbatched(kev), 'catalogue', Buffer.from(`{"vulnerabilities":[${entry}]}`));
      return ratingsOf(all).map(({ id, exploited }) => `${id} ${exploited?.since}`);
    },
  },
  {
    name: 'vunnel epss without a date',
    files: [`${vunnel}/epss/test-fixtures/missing-date.csv`],
    stated: (archive) => {
      const [, , ...lines] = fileOf(archive, `${vunnel}/epss/test-fixtures/missing-date.csv`)
        .toString()
        .trim()
        .split('\n');
      return lines.map((line) =>
        line
          .split(',')
          .map((word) => (word.startsWith('CVE') ? word : Number(word)))
          .join(' '),
      );
    },
    ours: async (archive) =>
      scoreFacts(
        await read(
          unbatched(epss),
          'current',
          fileOf(archive, `${vunnel}/epss/test-fixtures/missing-date.csv`),
        ),
      ),
  },
  {
    name: 'vuln-list photon ids',
    files: [
      `${vulnList}/photon/testdata/cve_data_photon3.0_invalid_cveid.json`,
      `${vulnList}/photon/testdata/cve_data_photon_empty_cveid.json`,
    ],
    stated: () => ['ansible/CVE-2019-3828-0001 skipped', 'ansible/ skipped'],
    ours: async (archive) => {
      const files = ['3.0_invalid_cveid', '_empty_cveid'].map((name) =>
        fileOf(archive, `${vulnList}/photon/testdata/cve_data_photon${name}.json`),
      );
      return rowFacts((await Promise.all(files.map((file) => read(photon, '3.0', file)))).flat());
    },
  },
  // Its input is HTML pages. The same advisories are in the files for Amazon's package managers.
  ...[
    ['2', 'amzn:2', 'amzn2-core', 'ALAS2-2018-939'],
    ['2023', 'amzn:2023', 'al2023', 'ALAS2023-2023-126'],
  ].map(([feed = '', namespace = '', file = '', id = '']): FixtureCase => {
    const folder = `${vunnel}/amazon/test-fixtures/snapshots/${namespace}/`;
    return {
      name: `vunnel ${namespace}`,
      files: [folder],
      stated: (archive) =>
        jsonIn<AmazonSnapshot>(archive, folder).flatMap(({ item: { Vulnerability: one } }) => [
          `${id} is ${one.Severity}`,
          ...one.FixedIn.map(({ Name, Version }) => `${id} ${namespace} ${Name} ${Version}`),
        ]),
      ours: async () => {
        const all = await read(amazon, feed, readFileSync(corpus(`feeds/amazon/${file}.updateinfo.xml.gz`)));
        const own = all.filter((record) => 'id' in record && record.id === id);
        return [...rowFacts(own), ...severityFacts(own)];
      },
    };
  }),
];

interface AmazonSnapshot {
  readonly item: {
    readonly Vulnerability: {
      readonly Severity: string;
      readonly FixedIn: readonly { readonly Name: string; readonly Version: string }[];
    };
  };
}

function trackerFiles(archive: Archive): string[] {
  return [...archive]
    .filter(([path]) => path.startsWith(`${vulnList}/ubuntu/testdata/`))
    .map(([, bytes]) => bytes.toString());
}

/** Intentionally damaged files, with the source that must reject each. */
export const damagedFiles: Readonly<Record<string, (content: Buffer) => Promise<unknown>>> = {
  [`${vunnel}/epss/test-fixtures/invalid-header.csv`]: (content) => read(unbatched(epss), 'current', content),
  [`${vulnList}/bottlerocket/testdata/invalid_xml.gz`]: (content) =>
    read(bottlerocket, 'updateinfo', content, 'updateinfo.xml.gz'),
  [`${vulnList}/bottlerocket/testdata/updateinfo_invalid.xml.gz`]: (content) =>
    read(bottlerocket, 'updateinfo', content, 'updateinfo.xml.gz'),
  [`${vulnList}/alma/testdata/invalid.json`]: (content) => read(alma, '8', content),
  [`${vulnList}/photon/testdata/cve_data_photon_invalid_format.json`]: (content) =>
    read(photon, '3.0', content),
  [`${vulnList}/photon/testdata/invalid_photon_versions.json`]: (content) => read(photon, '3.0', content),
  [`${vulnList}/mariner/testdata/sad/cbl-mariner-1.0-oval.xml`]: (content) =>
    read(azure, 'cbl-mariner-1.0', content),
};
