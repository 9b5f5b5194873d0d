import { parse } from 'yaml';
import { epss } from '../../../src/enrich/epss/epss.ts';
import { kev } from '../../../src/enrich/kev/kev.ts';
import { nvd } from '../../../src/enrich/nvd/nvd.ts';
import { alpine } from '../../../src/source/alpine/alpine.ts';
import { oracle } from '../../../src/source/oracle/oracle.ts';
import { photon } from '../../../src/source/photon/photon.ts';
import { readSecdb } from '../../../src/source/secdb/secdb.ts';
import { suse } from '../../../src/source/suse/suse.ts';
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

const folder = 'vunnel/tests/unit/providers';

/** A snapshot of a vulnerability of a distribution. */
interface Snapshot {
  readonly item: {
    readonly Vulnerability: {
      readonly Name: string;
      readonly NamespaceName: string;
      readonly Severity: string;
      readonly FixedIn: readonly {
        readonly Name: string;
        readonly NamespaceName: string;
        readonly Version: string;
      }[];
    };
  };
}

function fixture(provider: string, path: string): string {
  return `${folder}/${provider}/test-fixtures/${path}`;
}

/** Returns the facts of snapshots about packages, with our namespaces. Fixed version `0` means not affected, and `None` means no fix. */
function statedRows(archive: Archive, snapshots: string, namespaceOf = (name: string) => name): string[] {
  return jsonIn<Snapshot>(archive, snapshots).flatMap(({ item: { Vulnerability: one } }) =>
    one.FixedIn.map(({ Name, NamespaceName, Version }) => {
      const state = Version === '0' ? 'not-affected' : Version === 'None' ? 'unfixed' : Version;
      return `${one.Name} ${namespaceOf(NamespaceName)} ${Name} ${state}`;
    }),
  );
}

function statedSeverities(archive: Archive, snapshots: string): string[] {
  return jsonIn<Snapshot>(archive, snapshots).map(
    ({ item: { Vulnerability: one } }) => `${one.Name} is ${one.Severity}`,
  );
}

/** A distribution whose snapshots are next to its feeds. */
function distribution(
  name: string,
  provider: string,
  inputs: readonly { readonly file: string; readonly read: (content: Buffer) => ReturnType<typeof read> }[],
  { snapshots = 'snapshots/', namespaceOf = (namespace: string) => namespace } = {},
): FixtureCase {
  const place = fixture(provider, snapshots);
  return {
    name,
    files: [place, ...inputs.map(({ file }) => fixture(provider, file))],
    stated: (archive) => [...statedRows(archive, place, namespaceOf), ...statedSeverities(archive, place)],
    ours: async (archive) => {
      const records = await Promise.all(
        inputs.map((input) => input.read(fileOf(archive, fixture(provider, input.file)))),
      );
      return records
        .flat()
        .flatMap((record) => [...rowFacts([record as never]), ...severityFacts([record as never])]);
    },
  };
}

/** A security database file of a vendor that we have no source for, in a format that three of our sources read. */
function secdb(provider: string, file: string, namespace: string): FixtureCase {
  const feed = { source: provider, feed: 'os', namespace: { name: namespace, versionScheme: 'apk' } };
  const reader = {
    parse: (_feed: string, content: Parameters<typeof readSecdb>[1]) => readSecdb(feed, content),
  };
  return distribution(`vunnel ${provider}`, provider, [
    { file, read: (content) => read(reader, 'os', content) },
  ]);
}

/** Snapshots of vunnel's tests in formats that we read. */
export const vunnelCases: readonly FixtureCase[] = [
  distribution(
    'vunnel alpine',
    'alpine',
    ['main', 'community'].map((repository) => ({
      file: `input/secdb/v3.15/${repository}.yaml`,
      // Alpine publishes the same in YAML and in JSON.
      read: (content) =>
        read(alpine, `v3.15/${repository}`, Buffer.from(JSON.stringify(parse(content.toString())))),
    })),
    { namespaceOf: (name) => name.replace(':', ':v') },
  ),
  secdb('minimos', 'input/secdb/security.json', 'minimos:rolling'),
  ...['1.0', '4.0'].map((release) =>
    distribution(
      `vunnel photon ${release}`,
      'photon',
      [{ file: `input/cve_data_photon${release}.json`, read: (content) => read(photon, release, content) }],
      { snapshots: `snapshots/photon:${release}/` },
    ),
  ),
  distribution(
    'vunnel oracle',
    'oracle',
    [{ file: 'mock_data', read: (content) => read(oracle, 'elsa', content) }],
    {
      namespaceOf: (name) => name.replace(/^ol:/, 'oracle:'),
    },
  ),
  ...[
    ['sles-15', 'sles:15/'],
    ['sles-15.1', 'sles:15.1/'],
  ].map(([feed = '', snapshots = '']) =>
    distribution(
      `vunnel ${feed}`,
      'sles',
      [{ file: 'suse_truncated.xml', read: (content) => read(suse, feed, content) }],
      { snapshots: `snapshots/${snapshots}` },
    ),
  ),
  {
    name: 'vunnel epss',
    files: [fixture('epss', 'example-1.csv'), fixture('epss', 'snapshots/')],
    stated: (archive) =>
      jsonIn<{ item: { cve: string; epss: number; percentile: number } }>(
        archive,
        fixture('epss', 'snapshots/'),
      ).map(({ item }) => `${item.cve} ${item.epss} ${item.percentile}`),
    ours: async (archive) =>
      scoreFacts(await read(unbatched(epss), 'current', fileOf(archive, fixture('epss', 'example-1.csv')))),
  },
  {
    name: 'vunnel kev',
    files: [fixture('kev', 'valid-catalog-1.json'), fixture('kev', 'snapshots/')],
    stated: (archive) =>
      jsonIn<{ item: Exploited }>(archive, fixture('kev', 'snapshots/')).map(
        ({ item }) =>
          `${item.cveID} ${item.dateAdded} ${item.dueDate} ${item.knownRansomwareCampaignUse === 'Known'} ${item.cwes.join()}`,
      ),
    ours: async (archive) => {
      const all = ratingsOf(
        await read(unbatched(kev), 'catalogue', fileOf(archive, fixture('kev', 'valid-catalog-1.json'))),
      );
      return all.map(
        ({ id, exploited, weaknesses }) =>
          `${id} ${exploited?.since} ${exploited?.due} ${exploited?.ransomware} ${weaknesses?.join()}`,
      );
    },
  },
  ...[
    ['full-page.json', 'full-page'],
    ['single-entry.json', 'single-entry'],
  ].map(([file = '', snapshots = '']) => nvdCase(file, snapshots)),
];

interface Exploited {
  readonly cveID: string;
  readonly dateAdded: string;
  readonly dueDate: string;
  readonly knownRansomwareCampaignUse: string;
  readonly cwes: readonly string[];
}

interface NvdMetric {
  readonly source: string;
  readonly cvssData: { readonly vectorString: string; readonly baseScore: number };
}

interface NvdSnapshot {
  readonly item: {
    readonly cve: {
      readonly id: string;
      readonly published: string;
      readonly descriptions: readonly { readonly lang: string; readonly value: string }[];
      readonly metrics?: Readonly<Record<string, readonly NvdMetric[]>>;
      readonly weaknesses?: readonly { readonly description: readonly { readonly value: string }[] }[];
    };
  };
}

/** The API serves pages of the records in the files of a year. */
function nvdCase(file: string, snapshots: string): FixtureCase {
  const place = fixture('nvd', `snapshots/${snapshots}/`);
  return {
    name: `vunnel nvd ${snapshots}`,
    files: [fixture('nvd', file), place],
    stated: (archive) => jsonIn<NvdSnapshot>(archive, place).flatMap(({ item }) => statedByNvd(item.cve)),
    ours: async (archive) => {
      const page = JSON.parse(fileOf(archive, fixture('nvd', file)).toString()) as object;
      const content = 'vulnerabilities' in page ? page : { vulnerabilities: [page] };
      const all = await read(unbatched(nvd), '2023', Buffer.from(JSON.stringify(content)));
      return ratingsOf(all).flatMap((one) => [
        `${one.id} of ${one.published}: ${one.description}`,
        ...(one.cvss ?? []).map(({ source, vector, score }) => `${one.id} ${source} ${vector} ${score}`),
        ...(one.weaknesses ?? []).map((weakness) => `${one.id} ${weakness}`),
      ]);
    },
  };
}

function statedByNvd({
  id,
  published,
  descriptions,
  metrics = {},
  weaknesses = [],
}: NvdSnapshot['item']['cve']): string[] {
  const english = descriptions.find(({ lang }) => lang === 'en')?.value;
  const named = weaknesses.flatMap(({ description }) => description.map(({ value }) => value));
  return [
    `${id} of ${new Date(`${published}Z`).toISOString()}: ${english?.trim()}`,
    ...Object.values(metrics)
      .flat()
      .map(
        ({ source, cvssData }) => `${id} ${sourceOf(source)} ${cvssData.vectorString} ${cvssData.baseScore}`,
      ),
    ...named.filter((name) => /^CWE-\d+$/.test(name)).map((name) => `${id} ${name}`),
  ];
}

/** Returns our name of a source. NVD has the name of its metadata in Clair's API. */
function sourceOf(source: string): string {
  return source === 'nvd@nist.gov' ? 'nvd' : source;
}
