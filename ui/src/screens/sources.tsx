import type { JSX } from 'preact';
import { useResource } from '../api/client.ts';
import type { Source, SourceFeed, SourceList } from '../api/lists.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { Empty, Heading, Loaded } from '../components/states.tsx';
import { Foreign, Time } from '../components/text.tsx';
import { formatAge, formatDay, formatNumber } from '../format.ts';
import { texts } from '../texts.ts';
import { SourceStateChip } from './today/source-problems.tsx';

const path = '/sources';
const refreshMs = 60_000;

/** The sources of advisories and ratings, with the age of their content. */
export function SourcesScreen(): JSX.Element {
  const resource = useResource<SourceList>(path, { everyMs: refreshMs });
  return (
    <>
      <Heading title={texts.areas.sources} />
      <Loaded resource={resource} path={path}>
        {({ sources }) =>
          sources.length === 0 ? (
            <Empty title={texts.sources.empty} />
          ) : (
            sources.map((source) => <SourceCard key={source.source} source={source} />)
          )
        }
      </Loaded>
    </>
  );
}

function SourceCard({ source }: { readonly source: Source }): JSX.Element {
  const { sources } = texts;
  const { contentDate, checkedAt, reason, lastFailure, feeds } = source;
  const records = feeds.reduce((sum, feed) => sum + feed.records, 0);
  const now = Date.now();
  const facts: (readonly [string, string])[] = [
    [sources.content, contentDate === null ? texts.states.notKnown : formatAge(contentDate, now)],
    [sources.checked, checkedAt === null ? texts.states.notKnown : formatAge(checkedAt, now)],
    [sources.records, formatNumber(records)],
  ];
  return (
    <section class="card">
      <div class="heading">
        <h2>{source.source}</h2>
        <SourceStateChip state={source.state} />
        <dl class="inline-facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <ChangeSpark feeds={feeds} />
      </div>
      {reason !== null && (
        <p>
          <Foreign text={reason} isWhole />
        </p>
      )}
      {lastFailure !== null && (
        <p class="bad">
          {sources.failure} {formatDay(lastFailure.at)}: <Foreign text={lastFailure.message} isWhole />
        </p>
      )}
      <details open={source.state !== 'current' && feeds.length < 10}>
        <summary>{sources.show(feeds.length)}</summary>
        <DataTable
          caption={`${sources.feeds}: ${source.source}`}
          columns={feedColumns}
          rows={feeds}
          keyOf={({ name }) => name}
        />
      </details>
    </section>
  );
}

const sparkDays = 30;
const sparkWidth = 4;
const sparkHeight = 24;
const dayMs = 24 * 60 * 60 * 1000;

/** The numbers of changes of the last days as small bars. */
function ChangeSpark({ feeds }: Pick<Source, 'feeds'>): JSX.Element {
  const byDay = new Map<string, number>();
  for (const { days } of feeds)
    for (const { day, new: added, changed, withdrawn } of days)
      byDay.set(day, (byDay.get(day) ?? 0) + added + changed + withdrawn);
  const today = Date.now();
  const values = Array.from({ length: sparkDays }, (_, index) => {
    const day = formatDay(new Date(today - (sparkDays - 1 - index) * dayMs).toISOString());
    return byDay.get(day) ?? 0;
  });
  const highest = Math.max(1, ...values);
  const all = values.reduce((sum, value) => sum + value, 0);
  return (
    <span class="spark">
      <svg width={sparkDays * sparkWidth} height={sparkHeight} aria-hidden="true">
        {values.map((value, index) => {
          const tall = value === 0 ? 1 : Math.max(2, (value / highest) * sparkHeight);
          return (
            <rect
              key={index}
              x={index * sparkWidth}
              y={sparkHeight - tall}
              width={sparkWidth - 1}
              height={tall}
            />
          );
        })}
      </svg>
      <span class="muted">{texts.sources.changesTitle(all)}</span>
    </span>
  );
}

const feedColumns: readonly Column<SourceFeed>[] = [
  { key: 'feed', title: texts.sources.feed, isName: true, cell: ({ name }) => <Foreign text={name} /> },
  {
    key: 'content',
    title: texts.sources.content,
    cell: ({ contentDate }) =>
      contentDate === null ? texts.states.notKnown : <Time iso={contentDate}>{formatDay(contentDate)}</Time>,
  },
  {
    key: 'checked',
    title: texts.sources.checked,
    cell: ({ checkedAt }) => <Time iso={checkedAt}>{formatAge(checkedAt, Date.now())}</Time>,
  },
  {
    key: 'records',
    title: texts.sources.records,
    isNumber: true,
    cell: ({ records }) => formatNumber(records),
  },
  {
    key: 'skipped',
    title: texts.sources.skipped,
    hint: texts.sources.skippedHint,
    isNumber: true,
    cell: ({ skipped }) => (skipped === 0 ? '0' : <span class="bad">{formatNumber(skipped)}</span>),
  },
  {
    key: 'covers',
    title: texts.sources.covers,
    cell: ({ namespaces }) => (
      <Foreign text={namespaces.length === 0 ? texts.states.none : namespaces.join(', ')} />
    ),
  },
  {
    key: 'failure',
    title: texts.sources.failure,
    cell: ({ lastFailure }) =>
      lastFailure === null ? (
        texts.states.none
      ) : (
        <span class="bad">
          {formatDay(lastFailure.at)} <Foreign text={lastFailure.message} />
        </span>
      ),
  },
];
