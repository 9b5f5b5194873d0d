import * as z from 'zod/mini';
import { parseFeedValue, UnexpectedContent, withFeedErrors } from '../../core/corrupt-feed.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { jsonMembers } from '../../kit/json/json-stream.ts';
import { isCve } from '../../model/cve.ts';
import type { StatedVersions } from '../../model/product-statement.ts';
import type { EnrichmentRecord, FetchedFeed } from '../../plugin/index.ts';
import { ProjectStatements } from './project-statements.ts';
import { versionsInRange } from './semver-range.ts';

const entry = z.object({
  cve: z.array(z.string()),
  vulnerable: z.string(),
  patched: z.optional(z.string()),
});

type Entry = z.output<typeof entry>;

/** Yields the statements of the Node.js project, one enrichment per CVE. Throws `feed-corrupt` if the content is malformed or empty. */
export function readNodeVulnerabilities(
  feed: string,
  content: FetchedFeed,
): AsyncGenerator<EnrichmentRecord> {
  return withFeedErrors({ source: 'nodejs', feed, content }, records(content));
}

async function* records({ body, url }: FetchedFeed): AsyncGenerator<EnrichmentRecord> {
  const statements = new ProjectStatements('node');
  let count = 0;
  for await (const [key, value] of jsonMembers(inflateStream(body, url))) {
    count++;
    const read = parseFeedValue(entry, value, `entry ${key}`);
    const ids = read.cve.map((id) => id.trim()).filter(isCve);
    if (ids.length === 0) yield { kind: 'skipped', key, reason: 'it names no CVE' };
    for (const id of ids) statements.add(id, versionsOf(read));
  }
  if (count === 0) throw new UnexpectedContent('its end', 'no entries');
  yield* statements.records();
}

/** Returns the vulnerable versions, and the patched ones among them. Empty if one of the ranges is of an unknown form. */
function versionsOf({ vulnerable, patched = '' }: Entry): StatedVersions[] {
  const affected = versionsInRange(vulnerable, 'affected');
  const unaffected = patched.trim() === '' ? [] : versionsInRange(patched, 'unaffected');
  return affected === undefined || unaffected === undefined ? [] : [...affected, ...unaffected];
}
