import { type Analyzers, analyzeStream } from '../service/images/analyze-layers.ts';
import {
  type IndexedLayer,
  type LayerStack,
  type ReadPass,
  ReadPasses,
} from '../service/images/read-passes.ts';
import { writeBdb, writeNdb, writeRpmHeader } from './rpm-writer.ts';
import { writeSqlite } from './sqlite-writer.ts';
import { paxRecords, type TarEntryPlan, tar } from './tar-writer.ts';

/** A package database with openssl and another package, and one with the other package only. */
export interface Databases {
  readonly path: string;
  readonly full: Uint8Array;
  readonly decoy: Uint8Array;
}

const debs = (...names: string[]): Buffer =>
  Buffer.from(
    names
      .map((name) => `Package: ${name}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n`)
      .join(''),
  );
const apks = (...names: string[]): Buffer =>
  Buffer.from(names.map((name) => `P:${name}\nV:1\nA:x86_64\no:${name}\n\n`).join(''));
/** Encodes the headers of rpm packages. */
export const rpmHeaders = (...names: string[]): Buffer[] =>
  names.map((name) =>
    writeRpmHeader([
      [1000, name],
      [1001, '1'],
      [1002, '1'],
      [1022, 'x86_64'],
    ]),
  );
/** The statement by which rpm creates its table. */
export const packagesTable = `CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)`;
/** Encodes a database of rpm in SQLite. */
export const rpmSqlite = (...names: string[]): Buffer =>
  writeSqlite('delete', 4096, (engine) => {
    engine.exec(packagesTable);
    for (const header of rpmHeaders(...names))
      engine.prepare('insert into Packages(blob) values (?)').run(header);
  }).file;

const databaseKinds: Readonly<
  Record<string, readonly [path: string, write: (...names: string[]) => Uint8Array]>
> = {
  dpkg: ['var/lib/dpkg/status', debs],
  'a directory of dpkg': ['var/lib/dpkg/status.d/all', debs],
  apk: ['lib/apk/db/installed', apks],
  'apk below usr': ['usr/lib/apk/db/installed', apks],
  'rpm in SQLite': ['usr/lib/sysimage/rpm/rpmdb.sqlite', rpmSqlite],
  'rpm in NDB': ['var/lib/rpm/Packages.db', (...names) => writeNdb(rpmHeaders(...names))],
  'rpm in BDB': ['var/lib/rpm/Packages', (...names) => writeBdb(rpmHeaders(...names))],
};

/** Each supported database, by its name. */
export const databases = Object.entries(databaseKinds).map(
  ([kind, [path, write]]) =>
    [kind, { path, full: write('base', 'openssl'), decoy: write('base') } satisfies Databases] as const,
);

/** Content of an image whose layers were squashed. */
export interface StackContent {
  readonly packages: readonly string[];
  readonly problems: readonly string[];
}

/** Layers of an image, as the members of archives or as bytes. */
export type LayersOf = (databases: Databases) => readonly (readonly TarEntryPlan[] | Uint8Array)[];

/** Returns functions that index stacks of layers with these extensions. */
export function stackReader(extensions: Analyzers): {
  /** Indexes layers, the lowest first, and squashes them. */
  readonly readLayers: (...layers: readonly Uint8Array[]) => Promise<StackContent>;
  /** The same for layers that are made of databases. */
  readonly readLayersOf: (layers: LayersOf, given: Databases) => Promise<StackContent>;
} {
  const analyze = async (bytes: Uint8Array, i: number, links: ReadPass['links']): Promise<IndexedLayer> => {
    async function* pieces() {
      yield Buffer.from(bytes);
    }
    const stream = { name: `${i}`, claims: {}, bytes: pieces() };
    return { identity: `${i}`, index: await analyzeStream(stream, extensions, { verify: true, links }) };
  };
  const readLayers = async (...layers: readonly Uint8Array[]): Promise<StackContent> => {
    const passes = new ReadPasses(extensions);
    let stack: LayerStack | undefined;
    while (stack === undefined) {
      const { links } = passes.current;
      stack = passes.squash(await Promise.all(layers.map((bytes, i) => analyze(bytes, i, links))));
    }
    const { squashed } = stack;
    return {
      packages: squashed.packages.map((item) => item.package.name).sort(),
      problems: squashed.problems.map(({ path, message }) => `${path}: ${message}`),
    };
  };
  const archive = (layer: readonly TarEntryPlan[] | Uint8Array): Uint8Array =>
    layer instanceof Uint8Array ? layer : tar(layer);
  return { readLayers, readLayersOf: (layers, given) => readLayers(...layers(given).map(archive)) };
}

/** Returns a member that is a file. */
export const fileEntry = (
  path: string,
  content: Uint8Array,
  more: Partial<TarEntryPlan> = {},
): TarEntryPlan => ({
  path,
  content,
  ...more,
});
/** Returns a metadata member. */
export const metadataEntry = (type: NonNullable<TarEntryPlan['type']>, content: string): TarEntryPlan => ({
  path: 'metadata',
  type,
  content,
});
/** Returns a pax header for the next member. */
export const paxEntry = (records: Readonly<Record<string, string>>): TarEntryPlan =>
  metadataEntry('pax-header', paxRecords(records));
/** Returns a global pax header. */
export const globalPaxEntry = (records: Readonly<Record<string, string>>): TarEntryPlan =>
  metadataEntry('pax-global-header', paxRecords(records));
/** Returns a GNU long name for the next member. */
export const gnuLongName = (name: string): TarEntryPlan => metadataEntry('gnu-long-name', name);
/** Returns a GNU long link target for the next member. */
export const gnuLongTarget = (name: string): TarEntryPlan => metadataEntry('gnu-long-link', name);
/** Returns an archive without end blocks. */
export const unterminatedTar = (entries: readonly TarEntryPlan[]): Uint8Array =>
  tar(entries, { endBlocks: 0 });
/** Returns blocks of 512 zeros. */
export const zeroBlocks = (blocks: number): Buffer => Buffer.alloc(512 * blocks);
/** Returns the size of content in octal. */
export const octalSize = ({ length }: Uint8Array): string => length.toString(8);
