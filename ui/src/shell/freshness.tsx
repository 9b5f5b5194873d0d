import type { JSX } from 'preact';
import { useResource } from '../api/client.ts';
import type { Summary } from '../api/types.ts';
import { attentionOf } from '../attention.ts';
import { freshnessOf } from '../components/source-state.tsx';
import { hrefOf } from '../router.ts';
import { texts } from '../texts.ts';

const refreshMs = 60_000;

/** Path of the summary, which several parts of the page show. */
export const summaryPath = '/summary';

/** The state of all sources in few words. It leads to the page of sources. */
export function Freshness(): JSX.Element {
  const { data, failure } = useResource<Summary>(summaryPath, { everyMs: refreshMs });
  const { freshness } = texts;
  const chip = (kind: string, sign: string, text: string): JSX.Element => (
    <a class={`chip chip-${kind}`} href={hrefOf('/sources')}>
      <span aria-hidden="true">{sign}</span> <span class="chip-text">{text}</span>
    </a>
  );
  if (failure !== undefined) return chip('unknown', '?', freshness.unknown);
  if (data === undefined) return chip('unknown', '…', freshness.loading);
  const { sources, feeds } = attentionOf(data);
  const all = data.sources.length;
  if (all === 0) return chip('bad', '▲', freshness.none);
  const problems = [
    ...(sources.length > 0 ? [freshness.problems(sources.length, all)] : []),
    ...(feeds.length > 0 ? [freshness.missing(feeds.length)] : []),
  ];
  if (problems.length > 0) return chip('bad', '▲', problems.join(', '));
  const undated = data.sources.filter((source) => freshnessOf(source) === 'undated').length;
  return undated > 0
    ? chip('unknown', '?', freshness.undated(undated, all))
    : chip('good', '●', freshness.current(all));
}
