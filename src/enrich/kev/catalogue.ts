import * as z from 'zod/mini';
import { parseFeedValue, UnexpectedContent, withFeedErrors } from '../../core/corrupt-feed.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { jsonElementsOf } from '../../kit/json/json-stream.ts';
import type { FetchedFeed, OnFeedDate, RatingRecord } from '../../plugin/index.ts';

const day = z.string().check(z.regex(/^\d{4}-\d\d-\d\d$/));

const entry = z.object({
  cveID: z.string(),
  dateAdded: day,
  dueDate: z.optional(day),
  knownRansomwareCampaignUse: z.optional(z.string()),
});

/** Yields one enrichment per entry of the catalogue. Throws `feed-corrupt` if the catalogue is malformed or empty. */
export function readCatalogue(
  feed: string,
  content: FetchedFeed,
  onDate?: OnFeedDate,
): AsyncGenerator<RatingRecord> {
  return withFeedErrors({ source: 'kev', feed, content }, entries(content, onDate));
}

async function* entries(
  { body, url }: FetchedFeed,
  onDate: OnFeedDate | undefined,
): AsyncGenerator<RatingRecord> {
  let count = 0;
  for await (const value of jsonElementsOf('vulnerabilities', inflateStream(body, url))) {
    const { cveID, dateAdded, dueDate, knownRansomwareCampaignUse } = parseFeedValue(
      entry,
      value,
      `entry ${++count}`,
    );
    onDate?.({ dated: dateAdded, by: 'record' });
    yield {
      kind: 'enrichment',
      id: cveID.trim(),
      exploited: {
        since: dateAdded,
        ...(dueDate !== undefined && { due: dueDate }),
        ransomware: knownRansomwareCampaignUse === 'Known',
      },
    };
  }
  if (count === 0) throw new UnexpectedContent('its end', 'no entries');
}
