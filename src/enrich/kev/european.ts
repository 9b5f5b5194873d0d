import * as z from 'zod/mini';
import { parseFeedValue, UnexpectedContent, withFeedErrors } from '../../core/corrupt-feed.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { jsonElements } from '../../kit/json/json-stream.ts';
import { isCve } from '../../model/cve.ts';
import type { EnrichmentRecord, FetchedFeed, OnFeedDate, RatingRecord } from '../../plugin/index.ts';

const entry = z.object({
  cveId: z.optional(z.nullable(z.string())),
  euvdId: z.string().check(z.regex(/^EUVD-\d{4}-\d+$/)),
  /** The earliest day on which one of the lists had it. */
  dateAdded: z.string().check(z.regex(/^\d{4}-\d\d-\d\d/)),
  /** The lists that have it: `cisa_kev`, `eukev_kev`. */
  sources: z.array(z.string()),
});

type Entry = z.output<typeof entry>;

/** CISA's catalogue in the sources of an entry. Clair has it from CISA itself. */
const cisaCatalogue = 'cisa_kev';

/** Yields one enrichment per CVE of the file. Throws `feed-corrupt` if the content is malformed or has no entries. */
export function readEuropean(
  feed: string,
  content: FetchedFeed,
  onDate?: OnFeedDate,
): AsyncGenerator<EnrichmentRecord> {
  return withFeedErrors({ source: 'euvd', feed, content }, records(content, onDate));
}

async function* records(
  { body, url }: FetchedFeed,
  onDate: OnFeedDate | undefined,
): AsyncGenerator<EnrichmentRecord> {
  const byCve = new Map<string, RatingRecord>();
  let count = 0;
  for await (const value of jsonElements(inflateStream(body, url))) {
    const read = parseFeedValue(entry, value, `entry ${++count}`);
    onDate?.({ dated: read.dateAdded.slice(0, 10), by: 'record' });
    const id = read.cveId?.trim() ?? '';
    if (isCve(id)) byCve.set(id, merged(byCve.get(id), toRecord(id, read)));
    else yield { kind: 'skipped', key: read.euvdId, reason: 'it names no CVE' };
  }
  if (count === 0) throw new UnexpectedContent('its end', 'no entries');
  yield* byCve.values();
}

function toRecord(id: string, { euvdId, dateAdded, sources }: Entry): RatingRecord {
  const isOfEurope = sources.some((source) => source !== cisaCatalogue);
  return {
    kind: 'enrichment',
    id,
    aliases: [euvdId],
    ...(isOfEurope && { exploitedBy: [{ source: 'euvd', date: dateAdded.slice(0, 10) }] }),
  };
}

/** Combines the entries of one CVE: all ids, and the earliest date. */
function merged(known: RatingRecord | undefined, next: RatingRecord): RatingRecord {
  if (known === undefined) return next;
  const [earliest] = [...(known.exploitedBy ?? []), ...(next.exploitedBy ?? [])].sort((a, b) =>
    a.date < b.date ? -1 : 1,
  );
  return {
    ...next,
    aliases: [...new Set([...(known.aliases ?? []), ...(next.aliases ?? [])])].sort(),
    ...(earliest !== undefined && { exploitedBy: [earliest] }),
  };
}
