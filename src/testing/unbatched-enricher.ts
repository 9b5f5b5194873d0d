import { enrichmentsIn } from '../model/score-batch.ts';
import type { FetchedFeed, SkippedRecord } from '../plugin/advisory-source.ts';
import type { Enricher, RatingRecord } from '../plugin/enricher.ts';

/** An enricher that returns batches of scores as single records. */
export interface UnbatchedEnricher {
  readonly name: string;
  parse(feed: string, content: FetchedFeed): AsyncGenerator<RatingRecord | SkippedRecord>;
}

/** Wraps an enricher so that it returns each score as a record of its own. */
export function unbatched(enricher: Enricher): UnbatchedEnricher {
  return {
    name: enricher.name,
    async *parse(feed, content) {
      for await (const record of enricher.parse(feed, content)) {
        if (record.kind !== 'scores') yield record;
        else for (const rating of enrichmentsIn(record.batch)) yield { kind: 'enrichment', ...rating };
      }
    },
  };
}
