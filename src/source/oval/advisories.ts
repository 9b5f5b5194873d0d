import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { parseXmlText } from '../../kit/xml/xml-stream.ts';
import type {
  CvssVector,
  FeedDocument,
  FeedRecord,
  FetchedFeed,
  OnFeedDate,
  Vulnerability,
} from '../../plugin/index.ts';
import { withDocumentErrors } from '../feed-documents.ts';
import { type Part, type RowScheme, rowsOf } from '../rows.ts';
import { alternativesOf, type Fact } from './criteria.ts';
import { type Criterion, type Definition, readDefinition } from './definition.ts';
import { idsIn } from './definition-ids.ts';
import { readOval } from './document.ts';
import type { PackageTest, PackageTests } from './package-tests.ts';
import type { StateField } from './stated-test.ts';

/**
 * An advisory without its rows, or the reason why it is skipped. Undefined for a definition that is not an advisory.
 */
export type Description = Omit<Vulnerability, 'key' | 'affected'> | { readonly skipped: string } | undefined;

/** The vendor-specific parts of reading OVAL. */
export interface OvalVendor {
  /** Name of the source. */
  readonly source: string;
  /** The order of its versions, if not that of rpm. */
  readonly scheme?: RowScheme;
  /** Interprets a criterion. The test is undefined if it is not a supported package test. */
  readonly read: (criterion: Criterion, test: PackageTest | undefined, definition: Definition) => Fact;
  readonly describe: (definition: Definition) => Description;
  /** Adjusts the alternatives of a definition before they become rows. */
  readonly finish?: (alternatives: readonly Part[], definition: Definition) => readonly Part[];
}

/** Yields the definitions of an OVAL feed, in order. Each has at most one record. */
export function ovalDocuments(
  vendor: OvalVendor,
  feed: string,
  content: FetchedFeed,
  onDate?: OnFeedDate,
): AsyncGenerator<FeedDocument> {
  return withDocumentErrors({ source: vendor.source, feed, content }, documents(vendor, content, onDate));
}

async function* documents(
  vendor: OvalVendor,
  content: FetchedFeed,
  onDate: OnFeedDate | undefined,
): AsyncGenerator<FeedDocument> {
  const { definitions, tests, timestamp } = await readOval(inflateStream(content.body, content.url));
  if (timestamp !== undefined) onDate?.({ dated: timestamp, by: 'feed' });
  const seen = new Map<string, number>();
  for (const text of definitions) {
    const { id, testIds } = idsIn(text);
    const key = keyOf(id, seen);
    yield {
      kind: 'document',
      context: [key, ...testIds.map((test) => tests.textOf(test))].join('\n'),
      bytes: text.bytes,
      read: () => readAdvisory(vendor, key, readDefinition(parseXmlText(text)), tests),
    };
  }
}

function* readAdvisory(
  vendor: OvalVendor,
  key: string,
  definition: Definition,
  tests: PackageTests,
): Generator<FeedRecord> {
  const description = vendor.describe(definition);
  if (description === undefined) return;
  if ('skipped' in description) {
    yield { kind: 'skipped', key, reason: description.skipped };
    return;
  }
  if (definition.criteria === undefined) {
    yield { kind: 'skipped', key, reason: 'it has no criteria' };
    return;
  }
  const met = alternativesOf(definition.criteria, (criterion) =>
    vendor.read(criterion, tests.find(criterion.test), definition),
  );
  const rows = rowsOf(vendor.finish?.(met, definition) ?? met, vendor.scheme);
  yield 'skipped' in rows
    ? { kind: 'skipped', key, reason: rows.skipped }
    : { kind: 'vulnerability', key, ...description, ...rows };
}

/** Returns a unique key: a definition whose id occurred before gets a numbered key. */
function keyOf(id: string, seen: Map<string, number>): string {
  const times = (seen.get(id) ?? 0) + 1;
  seen.set(id, times);
  return times === 1 ? id : `${id}#${times}`;
}

/** Returns the version range and the architectures of a test. */
export function versionsOf(test: PackageTest): Part {
  const { evr, arch, ...others } = test.state;
  const [other] = Object.keys(others);
  if (other !== undefined) return { unclear: `a condition on ${other} of ${test.package}` };
  if (test.absent) return { unclear: `the absence of ${test.package}` };
  const architectures = arch && architecturesOf(arch);
  if (arch !== undefined && architectures === undefined) return { unclear: `architectures ${arch.value}` };
  return {
    package: test.package,
    ...(architectures && { arch: architectures }),
    ...(evr && boundOf(evr)),
  };
}

/** Returns the same from a comment of Red Hat or Oracle: `bash is earlier than 0:4.2.46-34.el7`. */
export function versionsByComment(comment: string): Part | undefined {
  const [, name, evr] = /^(\S+) is earlier than (\d+:\S+)$/.exec(comment) ?? [];
  return name === undefined || evr === undefined ? undefined : { package: name, to: evr };
}

function boundOf({ operation, value }: StateField): Part {
  if (operation === 'less than') return { to: value };
  if (operation === 'less than or equal') return { to: value, toIncluded: true };
  if (operation === 'greater than') return { from: value, fromExcluded: true };
  if (operation === 'greater than or equal') return { from: value };
  if (operation === 'equals') return { from: value, to: value, toIncluded: true };
  return { unclear: `versions ${operation} ${value}` };
}

/** Parses `(aarch64|x86_64)`. Of all patterns, only a list of names is supported. */
function architecturesOf({ operation, value }: StateField): readonly string[] | undefined {
  const list = /^\(?([a-z0-9_]+(?:\|[a-z0-9_]+)*)\)?$/.exec(value)?.[1];
  return operation === 'equals' || operation === 'pattern match' ? list?.split('|') : undefined;
}

/**
 * Returns the vectors in attributes such as `cvss3="7.5/CVSS:3.1/AV:N/…"`. Returns none for several CVEs, since it is
 * unclear which one a vector rates.
 */
export function cvssOf(source: string, { cves }: Definition): CvssVector[] {
  const [cve] = cves;
  if (cve === undefined || cves.some(({ id }) => id !== cve.id)) return [];
  const texts = cves.flatMap(({ attributes }) =>
    ['cvss4', 'cvss3', 'cvss2'].map((name) => attributes[name] ?? ''),
  );
  return [...new Set(texts)].flatMap((text) => {
    const [, score, vector] = /^(\d+(?:\.\d+)?)\/(.+)$/.exec(text) ?? [];
    return vector === undefined ? [] : [{ source, vector, score: Number(score) }];
  });
}
