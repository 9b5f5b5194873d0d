import type { FeedState } from '../../store/feed-state.ts';
import type { Lease } from '../../store/lock-store.ts';
import type { Store } from '../../store/store.ts';

/** Key of the state of the lists from which the scores of the index are. */
export const scoresKey = 'findings/scores';

const scoresAtATime = 500;

/** Dependencies of `updateScores`. */
export interface UpdateScoresDeps {
  readonly store: Pick<Store, 'findingCounts' | 'advisories' | 'enrichments' | 'keyValues'>;
  readonly signal: AbortSignal;
  /** The lease of the job, without which nothing is written. */
  readonly lease?: Lease;
}

/**
 * Brings the scores of exploitation in the index of findings up to date. Does nothing while no list of scores has changed. A day's list costs
 * a row for each vulnerability of the fleet.
 */
export async function updateScores({ store, signal, lease }: UpdateScoresDeps): Promise<void> {
  const state = stateOf(await store.advisories.findFeedStates());
  if ((await store.keyValues.get(scoresKey)) === state) return;
  let after: number | undefined = 0;
  while (after !== undefined) {
    if (signal.aborted) return;
    const page = await store.findingCounts.pageScores({ limit: scoresAtATime, after });
    const rated = await store.enrichments.findByIds(page.map(({ vulnerability }) => vulnerability));
    const now = page.map(({ number, vulnerability, epss: before }) => {
      const enrichments = rated.get(vulnerability) ?? [];
      return { number, before, epss: enrichments.find(({ epss }) => epss)?.epss?.score ?? null };
    });
    await store.findingCounts.saveScores(
      now.filter(({ epss, before }) => epss !== before),
      lease,
    );
    after = page.at(-1)?.number;
  }
  await store.keyValues.set(scoresKey, state);
}

function stateOf(states: readonly FeedState[]): string {
  const lists = states.filter(({ source }) => source === 'epss');
  return JSON.stringify(
    lists.map(({ feed, presence, fetchedAt, fingerprint }) => [feed, presence, fetchedAt, fingerprint]),
  );
}
