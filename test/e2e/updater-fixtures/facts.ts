import type { Enrichment, FeedRecord, Fetched, SkippedRecord } from '../../../src/plugin/index.ts';
import { collectAll, inChunks } from '../../../src/testing/streams.ts';

/** The files of an archive by path. */
export type Archive = ReadonlyMap<string, Buffer>;

/** Something that another reader of a feed stated, and what a source of ours makes of the same feed. */
export interface FixtureCase {
  readonly name: string;
  /** The files it is about; of each, as long as no other case speaks of it too. */
  readonly files: readonly string[];
  /** Only some of the facts were stated: others of ours are no difference. */
  readonly isPart?: true;
  /** Facts, one a line, in any order. */
  readonly stated: (archive: Archive) => readonly string[];
  readonly ours: (archive: Archive) => Promise<readonly string[]>;
}

interface Reader<Read> {
  parse(feed: string, content: Fetched): AsyncIterable<Read>;
}

/** A file as an archive has it, which must be there. */
export function fileOf(archive: Archive, path: string): Buffer {
  const bytes = archive.get(path);
  if (bytes === undefined) throw new Error(`no ${path}`);
  return bytes;
}

/** The JSON files of a folder and of the folders in it. */
export function jsonIn<T>(archive: Archive, folder: string): T[] {
  return [...archive]
    .filter(([path]) => path.startsWith(folder) && path.endsWith('.json'))
    .map(([, bytes]) => JSON.parse(bytes.toString()) as T);
}

/** What a source or an enricher reads in a file of this name. */
export function read<Read extends FeedRecord | Enrichment>(
  source: Reader<Read>,
  feed: string,
  content: Uint8Array,
  name = 'feed',
): Promise<Read[]> {
  return collectAll(
    source.parse(feed, { url: `https://a.example/${name}`, body: inChunks(content), fingerprint: '' }),
  );
}

/** Ratings, of which none may be skipped. */
export function ratingsOf(records: readonly (Enrichment | SkippedRecord)[]): Enrichment[] {
  return records.map((one) => {
    if ('skipped' in one) throw new Error(`${one.key} was skipped: ${one.skipped}`);
    return one;
  });
}

/** `CVE-2024-0001 0.5 0.9`: score and percentile of EPSS. */
export function scoreFacts(records: readonly (Enrichment | SkippedRecord)[]): string[] {
  return ratingsOf(records).map((one) => `${one.id} ${one.epss?.score} ${one.epss?.percentile}`);
}

/** What records say of packages: `CVE-2024-1 debian:12 xz 5.4-1`, the fixed version or the state in the end. */
export function rowFacts(records: readonly FeedRecord[], bound: Bound = 'fix'): string[] {
  return records.flatMap((record) => {
    if (!('affected' in record)) return [`${record.key} skipped`];
    return record.affected.map(
      ({ namespace, package: name, range, fix }) =>
        `${record.id} ${namespace.name} ${name} ${fix.state === 'fixed' ? fix.version : bound === 'range' && range.to !== undefined ? `up to ${range.to}` : fix.state}`,
    );
  });
}

/** Whether the last affected version is a fact too. */
type Bound = 'fix' | 'range';

/** How bad records say it is: `CVE-2024-1 is High`. */
export function severityFacts(records: readonly FeedRecord[]): string[] {
  return records.flatMap((record) => ('severity' in record ? [`${record.id} is ${record.severity}`] : []));
}
