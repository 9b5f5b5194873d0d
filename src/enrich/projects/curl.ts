import * as z from 'zod/mini';
import { parseFeedValue, UnexpectedContent, withFeedErrors } from '../../core/corrupt-feed.ts';
import { limits } from '../../core/limits.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { jsonElements } from '../../kit/json/json-stream.ts';
import { isCve } from '../../model/cve.ts';
import type { StatedVersions } from '../../model/product-statement.ts';
import type { EnrichmentRecord, FetchedFeed, OnFeedDate } from '../../plugin/index.ts';
import { ProjectStatements } from './project-statements.ts';

const event = z.object({
  introduced: z.optional(z.string()),
  fixed: z.optional(z.string()),
  last_affected: z.optional(z.string()),
});

/** A record in OSV form. Ranges of commits have versions beside them. */
const record = z.object({
  id: z.string(),
  aliases: z.optional(z.array(z.string())),
  modified: z.optional(z.string()),
  withdrawn: z.optional(z.string()),
  affected: z.array(
    z.object({ ranges: z.optional(z.array(z.object({ type: z.string(), events: z.array(event) }))) }),
  ),
});

type CurlRecord = z.output<typeof record>;

/** Yields the statements of the curl project, one enrichment per CVE. Throws `feed-corrupt` if the content is malformed or empty. */
export function readCurlVulnerabilities(
  feed: string,
  content: FetchedFeed,
  onDate?: OnFeedDate,
): AsyncGenerator<EnrichmentRecord> {
  return withFeedErrors({ source: 'curl', feed, content }, records(content, onDate));
}

async function* records(
  { body, url }: FetchedFeed,
  onDate: OnFeedDate | undefined,
): AsyncGenerator<EnrichmentRecord> {
  const statements = new ProjectStatements('curl');
  let count = 0;
  for await (const value of jsonElements(inflateStream(body, url))) {
    const read = parseFeedValue(record, value, `entry ${++count}`);
    if (read.modified !== undefined) onDate?.({ dated: read.modified, by: 'record' });
    if (read.withdrawn !== undefined) continue;
    const ids = cvesOf(read);
    if (ids.length === 0) yield { kind: 'skipped', key: read.id, reason: 'it names no CVE' };
    for (const id of ids) statements.add(id, versionsOf(read));
  }
  if (count === 0) throw new UnexpectedContent('its end', 'no entries');
  yield* statements.records();
}

function cvesOf({ id, aliases = [] }: CurlRecord): string[] {
  const own = id.replace(/^CURL-/, '');
  return [...new Set([own, ...aliases].filter(isCve))];
}

/** Returns the ranges of a record. Empty if it states none, or too many: the statement then stays visible without versions. */
function versionsOf({ affected }: CurlRecord): StatedVersions[] {
  const ranges = affected.flatMap((one) => one.ranges ?? []).filter(({ type }) => type === 'SEMVER');
  const versions = ranges.flatMap(({ events }) => rangesOf(events));
  return versions.length > limits.productVersions ? [] : versions;
}

/** Returns one range for each beginning, up to the end that follows it. */
function rangesOf(events: readonly z.output<typeof event>[]): StatedVersions[] {
  return events.flatMap(({ introduced }, i) => {
    if (introduced === undefined) return [];
    const { fixed: lessThan, last_affected: lessThanOrEqual } = events[i + 1] ?? {};
    const end =
      lessThan !== undefined
        ? { lessThan }
        : lessThanOrEqual !== undefined
          ? { lessThanOrEqual }
          : { lessThan: '*' };
    return [{ status: 'affected', version: introduced, ...end }];
  });
}
