import type { JSX } from 'preact';
import { useResource } from '../../api/client.ts';
import type { Source, SourceList } from '../../api/lists.ts';
import type { Summary } from '../../api/types.ts';
import { attentionOf } from '../../attention.ts';
import { FilterBar, SelectField, TextField } from '../../components/filters.tsx';
import {
  freshnessByNeed,
  freshnessOf,
  type SourceFreshness,
  SourceStateChip,
} from '../../components/source-state.tsx';
import { Empty, Heading, Loaded, NothingMatches } from '../../components/states.tsx';
import { Foreign, Time } from '../../components/text.tsx';
import { formatAge, formatNumber, formatTime } from '../../format.ts';
import { hrefOf, hrefWith, place } from '../../router.ts';
import { summaryPath } from '../../shell/freshness.tsx';
import { texts } from '../../texts.ts';
import { ChangeSpark } from './change-spark.tsx';
import { FeedTable } from './feed-table.tsx';
import { MissingFeeds } from './missing-feeds.tsx';

const path = '/sources';
const refreshMs = 60_000;
const filterNames = ['q', 'state'] as const;
/** Feeds that are shown at once for a source that needs attention. */
const openFeedsMax = 10;

/** The sources of advisories and ratings, with the age of their content. Those that need attention come first. */
export function SourcesScreen(): JSX.Element {
  const resource = useResource<SourceList>(path, { everyMs: refreshMs });
  const { sources: words } = texts;
  return (
    <>
      <Heading title={texts.areas.sources} />
      <p class="muted">{words.explanation}</p>
      <FilterBar names={filterNames}>
        <TextField name="q" label={words.filter} placeholder="debian:12" />
        <SelectField
          name="state"
          label={words.state}
          options={freshnessByNeed.map((state) => [state, texts.sourceStates[state]])}
        />
      </FilterBar>
      <MissingFeeds />
      <Loaded resource={resource} path={path}>
        {(data) => <SourceCards list={data} />}
      </Loaded>
    </>
  );
}

function SourceCards({ list }: { readonly list: SourceList }): JSX.Element {
  const { sources } = list;
  const { data: summary } = useResource<Summary>(summaryPath);
  const missing = summary === undefined ? 0 : attentionOf(summary).feeds.length;
  if (sources.length === 0) return <Empty title={texts.sources.empty} />;
  const found = filtered(sources).toSorted((a, b) => needOf(a) - needOf(b));
  if (found.length === 0) return <NothingMatches clearHref={hrefWith({ q: undefined, state: undefined })} />;
  return (
    <>
      <p role="status">
        {countsOf(sources)}
        {missing > 0 && `, ${texts.freshness.missing(missing)}`}
      </p>
      {found.map((source) => (
        <SourceCard key={source.source} source={source} list={list} />
      ))}
    </>
  );
}

function needOf(source: Source): number {
  return freshnessByNeed.indexOf(freshnessOf(source));
}

/** Returns the sources of the filters. A text that a source lacks leaves those of its feeds that have it. */
function filtered(sources: readonly Source[]): readonly Source[] {
  const { query } = place.value;
  const text = query.get('q')?.toLowerCase() ?? '';
  const state = query.get('state') ?? '';
  return sources
    .filter((source) => state === '' || freshnessOf(source) === state)
    .flatMap((source): Source | Source[] => {
      if (source.source.toLowerCase().includes(text)) return source;
      const feeds = source.feeds.filter(({ name, namespaces }) =>
        [name, ...namespaces].some((one) => one.toLowerCase().includes(text)),
      );
      return feeds.length === 0 ? [] : { ...source, feeds };
    });
}

function countsOf(sources: readonly Source[]): string {
  const counts = Map.groupBy(sources, freshnessOf);
  const countOf = (state: SourceFreshness): number => counts.get(state)?.length ?? 0;
  return freshnessByNeed
    .map((state) => [state, countOf(state)] as const)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${formatNumber(count)} ${texts.sourceStates[state]}`)
    .join(', ');
}

interface SourceCardProps {
  readonly source: Source;
  readonly list: Pick<SourceList, 'daysSince' | 'imagesCountedAt'>;
}

function SourceCard({ source, list: { daysSince, imagesCountedAt } }: SourceCardProps): JSX.Element {
  const { sources } = texts;
  const { contentDate, checkedAt, reason, lastFailure, feeds, state, images } = source;
  const records = feeds.reduce((sum, feed) => sum + feed.records, 0);
  const skipped = feeds.reduce((sum, feed) => sum + feed.skipped, 0);
  return (
    <section class="card" aria-label={source.source}>
      <div class="heading">
        <h2>{source.source}</h2>
        <SourceStateChip source={source} />
      </div>
      <dl class="source-facts">
        <Fact title={sources.content}>{ageOf(contentDate)}</Fact>
        <Fact title={sources.checked}>{ageOf(checkedAt)}</Fact>
        <Fact title={sources.records}>{formatNumber(records)}</Fact>
        {images !== null && imagesCountedAt !== null && (
          <Fact title={sources.images}>
            <a
              href={hrefOf('/images', { source: source.source })}
              title={sources.imagesHint(formatTime(imagesCountedAt))}
            >
              {formatNumber(images)}
            </a>
          </Fact>
        )}
        {skipped > 0 && (
          <Fact title={sources.skipped}>
            <span class="bad">{formatNumber(skipped)}</span>
          </Fact>
        )}
        <Fact title={sources.changes} isWide>
          <ChangeSpark feeds={feeds} since={daysSince} />
        </Fact>
      </dl>
      {reason !== null && (
        <p class={state === 'failed' ? 'bad' : ''}>
          <Foreign text={reason} isWhole />
        </p>
      )}
      {lastFailure !== null && (
        <p class="bad">
          {sources.failedAt(formatTime(lastFailure.at))} <Foreign text={lastFailure.message} isWhole />
        </p>
      )}
      <details open={(state !== 'current' || place.value.query.has('q')) && feeds.length < openFeedsMax}>
        <summary>{sources.show(feeds.length)}</summary>
        <FeedTable source={source.source} feeds={feeds} hasChanges={daysSince !== null} />
        <p>
          <a href={hrefOf('/changes')}>{sources.allChanges}</a>
        </p>
      </details>
    </section>
  );
}

function Fact({
  title,
  isWide = false,
  children,
}: {
  readonly title: string;
  readonly isWide?: boolean;
  readonly children: JSX.Element | string;
}): JSX.Element {
  return (
    <div class={isWide ? 'wide-fact' : ''}>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function ageOf(iso: string | null): JSX.Element | string {
  return iso === null ? texts.states.notKnown : <Time iso={iso}>{formatAge(iso, Date.now())}</Time>;
}
