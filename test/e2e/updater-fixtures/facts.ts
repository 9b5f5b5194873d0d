import type { FeedRecord, FetchedFeed, RatingRecord, SkippedRecord } from '../../../src/plugin/index.ts';
import { collectAll, inChunks } from '../../../src/testing/streams.ts';

/** Files of an archive by path. */
export type Archive = ReadonlyMap<string, Buffer>;

/** Facts of another reader of a feed, compared with those of our source. */
export interface FixtureCase {
  readonly name: string;
  /** Paths of the files. A file belongs to one case only. */
  readonly files: readonly string[];
  /** Whether only some facts were stated. Additional facts of ours are then not differences. */
  readonly isPart?: true;
  /** Facts, one on each line, in any order. */
  readonly stated: (archive: Archive) => readonly string[];
  readonly ours: (archive: Archive) => Promise<readonly string[]>;
}

interface Reader<Read> {
  parse(feed: string, content: FetchedFeed): AsyncIterable<Read>;
}

/** Returns a file of an archive. Throws if it does not exist. */
export function fileOf(archive: Archive, path: string): Buffer {
  const bytes = archive.get(path);
  if (bytes === undefined) throw new Error(`no ${path}`);
  return bytes;
}

/** Returns the JSON files of a folder and its subfolders. */
export function jsonIn<T>(archive: Archive, folder: string): T[] {
  return [...archive]
    .filter(([path]) => path.startsWith(folder) && path.endsWith('.json'))
    .map(([, bytes]) => JSON.parse(bytes.toString()) as T);
}

/** Returns the records that a source or an enricher reads from a file of this name. */
export function read<Read extends FeedRecord | RatingRecord>(
  source: Reader<Read>,
  feed: string,
  content: Uint8Array,
  name = 'feed',
): Promise<Read[]> {
  return collectAll(
    source.parse(feed, { url: `https://a.example/${name}`, body: inChunks(content), fingerprint: '' }),
  );
}

/** Returns ratings. Asserts that none is skipped. */
export function ratingsOf(records: readonly (RatingRecord | SkippedRecord)[]): RatingRecord[] {
  return records.map((one) => {
    if (one.kind === 'skipped') throw new Error(`${one.key} was skipped: ${one.reason}`);
    return one;
  });
}

/** Facts such as `CVE-2024-0001 0.5 0.9`: score and percentile of EPSS. */
export function scoreFacts(records: readonly (RatingRecord | SkippedRecord)[]): string[] {
  return ratingsOf(records).map((one) => `${one.id} ${one.epss?.score} ${one.epss?.percentile}`);
}

/** Facts about packages such as `CVE-2024-1 debian:12 xz 5.4-1`. They end with the fixed version or the state. */
export function rowFacts(records: readonly FeedRecord[], bound: Bound = 'fix'): string[] {
  return records.flatMap((record) => {
    if (record.kind !== 'vulnerability') return [`${record.key} skipped`];
    return record.affected.map(
      ({ namespace, package: name, range, fix }) =>
        `${record.id} ${namespace.name} ${name} ${fix.state === 'fixed' ? fix.version : bound === 'range' && range.to !== undefined ? `up to ${range.to}` : fix.state}`,
    );
  });
}

/** Whether the last affected version is a fact as well. */
type Bound = 'fix' | 'range';

/** Facts about severity, such as `CVE-2024-1 is High`. */
export function severityFacts(records: readonly FeedRecord[]): string[] {
  return records.flatMap((record) => ('severity' in record ? [`${record.id} is ${record.severity}`] : []));
}
