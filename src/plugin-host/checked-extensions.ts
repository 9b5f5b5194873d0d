import { ClairError, messageOf } from '../kit/errors.ts';
import { limits } from '../kit/limits.ts';
import type { AdvisorySource } from '../plugin/advisory-source.ts';
import type { Enricher } from '../plugin/enricher.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import type { Unkeyable, VersionKey, VersionScheme } from '../plugin/version-scheme.ts';
import { checkedAdvisory, checkedEnrichment } from './checked-records.ts';

/** The source, whose feeds fail where it yields an invalid record: advisories that cannot be used must not count as loaded. */
export function checkedSource(source: AdvisorySource, path: string): AdvisorySource {
  const { name, version, feeds, insteadOf } = source;
  return {
    ...{ name, version, feeds },
    ...(insteadOf !== undefined && { insteadOf }),
    feedsOf: (namespace) => source.feedsOf(namespace),
    fetch: async (feed, client, known) => await source.fetch(feed, client, known),
    parse: (feed, content, onDate) =>
      checkedAll(source.parse(feed, content, onDate), checkedAdvisory, `${path}: the source ${name}`),
  };
}

/** The enricher; likewise. */
export function checkedEnricher(enricher: Enricher, path: string): Enricher {
  const { name, version, feeds, isPartOfScan } = enricher;
  return {
    ...{ name, version, feeds },
    ...(isPartOfScan === true && { isPartOfScan }),
    fetch: async (feed, client, known) => await enricher.fetch(feed, client, known),
    parse: (feed, content, onDate) =>
      checkedAll(enricher.parse(feed, content, onDate), checkedEnrichment, `${path}: the enricher ${name}`),
  };
}

async function* checkedAll<T>(
  records: AsyncIterable<T>,
  checked: (record: T) => T,
  from: string,
): AsyncGenerator<T> {
  for await (const record of records) yield checkedOne(record, checked, from);
}

function checkedOne<T>(record: T, checked: (record: T) => T, from: string): T {
  try {
    return checked(record);
  } catch (cause) {
    const message = `the plugin ${from} yielded an invalid record: ${messageOf(cause)}`;
    throw new ClairError('feed-corrupt', message, { cause });
  }
}

/** The scheme. A version of which it throws, or gives bytes that are no key, has none: then nothing is decided by it. */
export function checkedScheme(scheme: VersionScheme): VersionScheme {
  const { name } = scheme;
  const guarded = (
    version: string,
    make: (text: string) => VersionKey | Unkeyable,
  ): VersionKey | Unkeyable => {
    try {
      return keyOrReason(make(version));
    } catch (error) {
      return { unkeyable: `the version scheme ${name} failed: ${messageOf(error)}` };
    }
  };
  return {
    name,
    key: (version) => guarded(version, (text) => scheme.key(text)),
    after: (version) => guarded(version, (text) => scheme.after(text)),
    compare: (a, b) => order(scheme, a, b),
    ...(scheme.segments !== undefined && { segments: (version) => scheme.segments?.(version) ?? [] }),
  };
}

function keyOrReason(made: VersionKey | Unkeyable): VersionKey | Unkeyable {
  if (!(made instanceof Uint8Array)) return { unkeyable: made.unkeyable };
  const isKey = made.length > 0 && made.length <= limits.versionKeyBytes && made[0] !== 0xff;
  return isKey ? made : { unkeyable: 'its key is empty, too long, or begins with FF' };
}

function order(scheme: VersionScheme, a: string, b: string): number | undefined {
  try {
    const found: unknown = scheme.compare(a, b);
    return typeof found === 'number' && !Number.isNaN(found) ? found : undefined;
  } catch {
    return undefined; // no order: the report says so
  }
}

/** The format, whose failures name the plugin. */
export function checkedFormat(format: ReportFormat, path: string): ReportFormat {
  const { name, mediaType } = format;
  return {
    name,
    mediaType,
    *write(report, display) {
      const guarded = <T>(step: () => T): T => {
        try {
          return step();
        } catch (cause) {
          const message = `the plugin ${path}: the format ${name} failed: ${messageOf(cause)}`;
          throw new ClairError('output-failed', message, { cause });
        }
      };
      const pieces = guarded(() => format.write(report, display)[Symbol.iterator]());
      for (let next = guarded(() => pieces.next()); next.done !== true; next = guarded(() => pieces.next()))
        yield next.value;
    },
  };
}
