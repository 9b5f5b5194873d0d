import type { JSX } from 'preact';
import type { SourceFeed } from '../../api/lists.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Foreign, Time } from '../../components/text.tsx';
import { formatAge, formatDay, formatNumber, formatTime } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { texts } from '../../texts.ts';

/** Namespaces that a row shows. */
const namespacesMax = 8;

interface FeedTableProps {
  readonly source: string;
  readonly feeds: readonly SourceFeed[];
  /** Whether any change is known. Without one, no zero stands for the changes. */
  readonly hasChanges: boolean;
}

/** The feeds of a source. */
export function FeedTable({ source, feeds, hasChanges }: FeedTableProps): JSX.Element {
  return (
    <DataTable
      caption={`${texts.sources.feeds}: ${source}`}
      columns={hasChanges ? columns : columns.filter(({ key }) => key !== 'changes')}
      rows={feeds}
      keyOf={({ name }) => name}
    />
  );
}

function totalOf({ days }: SourceFeed): number {
  return days.reduce((sum, { new: added, changed, withdrawn }) => sum + added + changed + withdrawn, 0);
}

const { sources: words, states } = texts;

const columns: readonly Column<SourceFeed>[] = [
  {
    key: 'feed',
    title: words.feed,
    isName: true,
    cell: ({ name, presence, lastFailure }) => (
      <>
        <Foreign text={name} />
        {presence !== 'loaded' && <span class="bad below">{texts.sourceStates.failed}</span>}
        {lastFailure !== null && (
          <span class="bad below">
            {words.failedAt(formatTime(lastFailure.at))} <Foreign text={lastFailure.message} />
          </span>
        )}
      </>
    ),
  },
  {
    key: 'content',
    title: words.content,
    cell: ({ contentDate }) =>
      contentDate === null ? states.notKnown : <Time iso={contentDate}>{formatDay(contentDate)}</Time>,
  },
  {
    key: 'checked',
    title: words.checked,
    cell: ({ checkedAt }) => <Time iso={checkedAt}>{formatAge(checkedAt, Date.now())}</Time>,
  },
  {
    key: 'next',
    title: words.next,
    cell: ({ nextRunAt }) =>
      nextRunAt === null ? (
        <span class="bad">{words.notScheduled}</span>
      ) : (
        <Time iso={nextRunAt}>{formatTime(nextRunAt)}</Time>
      ),
  },
  {
    key: 'records',
    title: words.records,
    isNumber: true,
    cell: ({ records }) => formatNumber(records),
  },
  {
    key: 'skipped',
    title: words.skipped,
    hint: words.skippedHint,
    isNumber: true,
    cell: ({ skipped }) => (skipped === 0 ? '0' : <span class="bad">{formatNumber(skipped)}</span>),
  },
  {
    key: 'changes',
    title: words.changes,
    isNumber: true,
    cell: (feed) => formatNumber(totalOf(feed)),
  },
  { key: 'covers', title: words.covers, cell: ({ namespaces }) => <Covered namespaces={namespaces} /> },
];

/** The systems of a feed; each leads to the images that rely on it. A list of ratings covers none. */
function Covered({ namespaces }: Pick<SourceFeed, 'namespaces'>): JSX.Element {
  if (namespaces.length === 0) return <span class="muted">{words.coversNone}</span>;
  const hidden = namespaces.length - namespacesMax;
  return (
    <>
      {namespaces.slice(0, namespacesMax).map((namespace) => (
        <a key={namespace} class="tag" href={hrefOf('/images', { namespace })}>
          <Foreign text={namespace} />
        </a>
      ))}
      {hidden > 0 && <span class="muted">{words.coversMore(hidden)}</span>}
    </>
  );
}
