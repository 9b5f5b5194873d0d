import { parse } from 'yaml';
import type { FeedRecord } from '../../../src/plugin/index.ts';
import { alpine } from '../../../src/source/alpine/alpine.ts';
import { amazon } from '../../../src/source/amazon/amazon.ts';
import { oracle } from '../../../src/source/oracle/oracle.ts';
import { rhelOval } from '../../../src/source/rhel/rhel-oval.ts';
import { type FixtureCase, fileOf, read, rowFacts } from './facts.ts';

/** A file of Alpine's database in YAML, from the time when Clair read it. */
interface Secdb {
  readonly packages: readonly {
    readonly pkg: { readonly name: string; readonly secfixes: Readonly<Record<string, readonly string[]>> };
  }[];
}

const branches = ['release-2.0/', ''];

/** Clair's fixtures whose tests have counts and texts but no table. The expected facts come from the simplest independent parser. */
export const clairInputCases: readonly FixtureCase[] = [
  ...branches.flatMap((branch) => [
    alpineCase(`${branch}ext/vulnsrc/alpine/testdata/v34_main.yaml`),
    ...['1', '2'].flatMap((release) =>
      [0, 1].map((index) =>
        descriptionCase(`${branch}ext/vulnsrc/amzn/testdata/amazon_linux_${release}`, release, index),
      ),
    ),
  ]),
  commentsCase('ext/vulnsrc/oracle/testdata/fetcher_oracle_test.2.xml', (content) =>
    read(oracle, 'elsa', content),
  ),
  ...['ansible-1.x.oval.xml', 'ansible-2.8.oval.xml', 'rhel-8.oval.xml', 'rhel-8.oval_abbreviated.xml'].map(
    (file) =>
      commentsCase(`ext/vulnsrc/redhat/testdata/v2/${file}`, (content) => read(rhelOval, 'RHEL8', content)),
  ),
  {
    name: 'clair the same compressed',
    files: ['ext/vulnsrc/redhat/testdata/v2/ansible-2.8.oval.xml.bz2'],
    stated: (archive) =>
      commentsOf(fileOf(archive, 'ext/vulnsrc/redhat/testdata/v2/ansible-2.8.oval.xml').toString()),
    ours: async (archive) => {
      const content = fileOf(archive, 'ext/vulnsrc/redhat/testdata/v2/ansible-2.8.oval.xml.bz2');
      return versionFacts(await read(rhelOval, 'RHEL8', content, 'ansible-2.8.oval.xml.bz2'));
    },
  },
  ...['7', '8'].map((release): FixtureCase => {
    const path = `ext/vulnsrc/redhat/testdata/v2/collect-vulns-rhel${release}.xml`;
    return {
      name: `clair collect-vulns-rhel${release}`,
      files: [path],
      stated: (archive) => commentsOf(fileOf(archive, path).toString()),
      ours: async (archive) => versionFacts(await read(rhelOval, `RHEL${release}`, fileOf(archive, path))),
    };
  }),
];

function alpineCase(path: string): FixtureCase {
  return {
    name: `clair ${path}`,
    files: [path],
    stated: (archive) =>
      (parse(fileOf(archive, path).toString()) as Secdb).packages.flatMap(({ pkg: { name, secfixes } }) =>
        Object.entries(secfixes).flatMap(([version, ids]) =>
          ids.map((id) => `${id.trim().split(' ')[0]} alpine:v3.4 ${name} ${version}`),
        ),
      ),
    ours: async (archive) => {
      const json = JSON.stringify(parse(fileOf(archive, path).toString()));
      return rowFacts(await read(alpine, 'v3.4/main', Buffer.from(json)));
    },
  };
}

/** Asserts a description of Clair's test, without regard to white space. */
function descriptionCase(files: string, release: string, index: number): FixtureCase {
  const path = `${files}_description_${index}.txt`;
  const plain = (text = '') => text.replaceAll(/\s+/g, ' ').trim();
  return {
    name: `clair ${path}`,
    files: [path],
    stated: (archive) => [plain(fileOf(archive, path).toString())],
    ours: async (archive) => {
      const record = (await read(amazon, release, fileOf(archive, `${files}_updateinfo.xml`)))[index];
      return [plain(record !== undefined && 'description' in record ? record.description : '')];
    },
  };
}

function commentsCase(
  path: string,
  readIt: (content: Buffer) => Promise<readonly FeedRecord[]>,
): FixtureCase {
  return {
    name: `clair ${path}`,
    files: [path],
    stated: (archive) => commentsOf(fileOf(archive, path).toString()),
    ours: async (archive) => versionFacts(await readIt(fileOf(archive, path))),
  };
}

/** Returns the comments of criteria, whatever operator joins them. */
function commentsOf(text: string): string[] {
  return text.split('<definition ').flatMap((definition) => {
    const id = /\bid="([^"]+)"/.exec(definition)?.[1];
    const found = definition.matchAll(/<criterion[^>]* ?comment="(\S+) is earlier than (\S+)"/g);
    return Array.from(found, ([, name, evr]) => `${id} ${name} ${evr}`);
  });
}

function versionFacts(records: readonly FeedRecord[]): string[] {
  return records.flatMap((record) => {
    if (record.kind !== 'vulnerability') return [`${record.key} skipped`];
    return record.affected.map((row) => `${record.key} ${row.package} ${row.range.to}`);
  });
}
