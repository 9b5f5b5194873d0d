import { ClairError } from '../../core/errors.ts';
import { keyRange } from '../../match/key-range.ts';
import type { Affected, Vulnerability } from '../../model/vulnerability.ts';
import type { FeedDocument, FeedRecord } from '../../plugin/advisory-source.ts';
import type { KeyRange, VersionScheme } from '../../plugin/version-scheme.ts';
import type {
  KeyedAffected,
  KeyedDocument,
  KeyedRecord,
  KeyedVulnerability,
} from '../../store/advisory-store.ts';
import { recordsIn } from './document-batch.ts';
import { DocumentDigests } from './document-digests.ts';
import { type ReadAheadOptions, readAhead } from './read-ahead.ts';

/** Dependencies of the keys of a feed. `from` names its origin in errors. */
export interface KeyDeps {
  readonly schemes: readonly VersionScheme[];
  readonly from: string;
}

/** Adds the keys of ranges to the records of a feed. */
export async function* keyedRecords(
  records: AsyncIterable<FeedRecord>,
  deps: KeyDeps,
): AsyncGenerator<KeyedRecord> {
  for await (const record of records) yield keyed(record, deps);
}

/** Adds digests to the documents of a feed, and keys to their records when they are read. */
export async function* keyedDocuments(
  documents: AsyncIterable<FeedDocument>,
  deps: KeyDeps,
): AsyncGenerator<KeyedDocument> {
  for await (const { digest, read } of digestedDocuments(documents))
    yield { kind: 'document', digest, read: () => keyedAll(read(), deps) };
}

/** Yields the same documents, some of which other threads have read. */
export async function* keyedDocumentsAhead(
  documents: AsyncIterable<FeedDocument>,
  deps: KeyDeps,
  options: ReadAheadOptions<Pick<KeyedDocument, 'digest'>>,
): AsyncGenerator<KeyedDocument> {
  for await (const { document, parsed } of readAhead(digestedDocuments(documents), options)) {
    const { digest, read } = document;
    const records = parsed === undefined ? read : () => recordsIn<FeedRecord>(parsed);
    yield { kind: 'document', digest, read: () => keyedAll(records(), deps) };
  }
}

interface DigestedDocument extends FeedDocument {
  readonly digest: Uint8Array;
}

async function* digestedDocuments(documents: AsyncIterable<FeedDocument>): AsyncGenerator<DigestedDocument> {
  const digests = new DocumentDigests();
  for await (const document of documents) yield { ...document, digest: digests.of(document) };
}

function* keyedAll(records: Iterable<FeedRecord>, deps: KeyDeps): Generator<KeyedRecord> {
  for (const record of records) yield keyed(record, deps);
}

function keyed(record: FeedRecord, { schemes, from }: KeyDeps): KeyedRecord {
  return record.kind === 'vulnerability' ? withKeys(record, schemes, from) : record;
}

/** A key range that contains no key. */
const emptyKeyRange: KeyRange = { lo: Uint8Array.of(0xff), hi: new Uint8Array() };

/**
 * Returns a record with the keys of its ranges. `from` names the origin of the record in errors. Throws `feed-corrupt` for an unknown
 * version scheme.
 */
export function withKeys<const T extends Vulnerability>(
  record: T,
  schemes: readonly VersionScheme[],
  from: string,
): T & KeyedVulnerability {
  return { ...record, affected: record.affected.map((row) => withKey(row, schemes, from)) };
}

function withKey(row: Affected, schemes: readonly VersionScheme[], from: string): KeyedAffected {
  const scheme = schemes.find(({ name }) => name === row.namespace.versionScheme);
  if (scheme === undefined) {
    throw new ClairError(
      'feed-corrupt',
      `${from} has advisories for ${row.namespace.name}, whose version scheme ${row.namespace.versionScheme} is unknown`,
    );
  }
  const keys = keyRange(scheme, row.range);
  if ('lo' in keys) return { ...row, keys };
  // An empty range contains no version. A range without keys is compared by the version scheme during matching.
  return 'empty' in keys ? { ...row, keys: emptyKeyRange } : row;
}
