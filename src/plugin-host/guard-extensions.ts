import { ClairError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { AdvisorySource } from '../plugin/advisory-source.ts';
import type { Enricher } from '../plugin/enricher.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import { keyAfter, type Unkeyable, type VersionKey, type VersionScheme } from '../plugin/version-scheme.ts';
import { validateAdvisory, validateEnrichment } from './validate-records.ts';

/**
 * Wraps a source, so that a feed fails with `feed-corrupt` when the source yields an invalid record. Otherwise, unusable advisories
 * would count as loaded.
 */
export function guardSource(source: AdvisorySource, path: string): AdvisorySource {
  const { name, version, feeds, fallbackFor } = source;
  return {
    name,
    version,
    feeds,
    ...(fallbackFor !== undefined && { fallbackFor }),
    feedsFor: (namespace) => source.feedsFor(namespace),
    fetch: async (feed, client, lastFingerprint) => await source.fetch(feed, client, lastFingerprint),
    parse: (feed, content, onDate) =>
      validateAll(source.parse(feed, content, onDate), validateAdvisory, `${path}: the source ${name}`),
  };
}

/** Wraps an enricher, as `guardSource` wraps a source. */
export function guardEnricher(enricher: Enricher, path: string): Enricher {
  const { name, version, feeds, isPartOfScan } = enricher;
  return {
    name,
    version,
    feeds,
    ...(isPartOfScan === true && { isPartOfScan }),
    fetch: async (feed, client, lastFingerprint) => await enricher.fetch(feed, client, lastFingerprint),
    parse: (feed, content, onDate) =>
      validateAll(enricher.parse(feed, content, onDate), validateEnrichment, `${path}: the enricher ${name}`),
  };
}

async function* validateAll<T>(
  records: AsyncIterable<T>,
  validate: (record: T) => T,
  origin: string,
): AsyncGenerator<T> {
  for await (const record of records) yield validateOne(record, validate, origin);
}

function validateOne<T>(record: T, validate: (record: T) => T, origin: string): T {
  try {
    return validate(record);
  } catch (cause) {
    const message = `the plugin ${origin} yielded an invalid record: ${messageOf(cause)}`;
    throw new ClairError('feed-corrupt', message, { cause });
  }
}

/** Wraps a scheme. If it throws or returns an invalid key, the version has no key, and clair decides nothing by it. */
export function guardScheme(scheme: VersionScheme): VersionScheme {
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
    compare: (a, b) => compareGuarded(scheme, a, b),
    ...(scheme.after !== undefined && {
      after: (version) => guarded(version, (text) => keyAfter(scheme, text)),
    }),
    ...(scheme.segments !== undefined && { segments: (version) => scheme.segments?.(version) ?? [] }),
  };
}

function keyOrReason(result: VersionKey | Unkeyable): VersionKey | Unkeyable {
  if (!(result instanceof Uint8Array)) return { unkeyable: result.unkeyable };
  const isKey = result.length > 0 && result.length <= limits.versionKeyBytes && result[0] !== 0xff;
  return isKey ? result : { unkeyable: 'its key is empty, too long, or begins with FF' };
}

function compareGuarded(scheme: VersionScheme, a: string, b: string): number | undefined {
  try {
    const result: unknown = scheme.compare(a, b);
    return typeof result === 'number' && !Number.isNaN(result) ? result : undefined;
  } catch {
    return undefined; // no order: the report states it
  }
}

/** Wraps a format: its errors become `output-failed` errors that name the plugin. */
export function guardFormat(format: ReportFormat, path: string): ReportFormat {
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
