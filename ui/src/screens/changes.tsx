import type { JSX } from 'preact';
import type { EventList, ListedEvent } from '../api/lists.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { FilterBar, SelectField, TextField } from '../components/filters.tsx';
import { ListScreen } from '../components/list-screen.tsx';
import { SeverityBadge } from '../components/severity.tsx';
import { Foreign, Time } from '../components/text.tsx';
import { formatNumber, formatTime } from '../format.ts';
import { hrefOf } from '../router.ts';
import { severitiesDescending } from '../severity.ts';
import { texts } from '../texts.ts';

const filterNames = ['id', 'kind', 'day', 'rating'] as const;

/** The changes of advisories, the newest first. */
export function ChangesScreen(): JSX.Element {
  const { events } = texts;
  return (
    <ListScreen<EventList>
      title={events.title}
      path="/events"
      filterNames={filterNames}
      emptyText={events.none}
      csvName="changes.csv"
      sizeOf={(data) => data.events.length + (data.next === undefined ? 0 : 1)}
      filters={
        <FilterBar names={filterNames}>
          <TextField name="id" label={events.advisory} />
          <SelectField name="kind" label={events.kind} options={Object.entries(events.kinds)} />
          <TextField name="day" label={events.day} placeholder="2026-11-29" />
          <SelectField
            name="rating"
            label={events.rating}
            options={[
              ...severitiesDescending.map((one) => [one, texts.severities[one]] as const),
              ['none', events.inNoImage],
            ]}
          />
        </FilterBar>
      }
    >
      {(data) => (
        <DataTable
          caption={events.caption}
          columns={columns}
          rows={data.events}
          keyOf={({ number }) => String(number)}
        />
      )}
    </ListScreen>
  );
}

const columns: readonly Column<ListedEvent>[] = [
  { key: 'at', title: texts.events.at, cell: ({ at }) => <Time iso={at}>{formatTime(at)}</Time> },
  {
    key: 'id',
    title: texts.events.advisory,
    isName: true,
    cell: ({ id }) => (
      <a href={hrefOf(`/advisories/${encodeURIComponent(id)}`)}>
        <Foreign text={id} />
      </a>
    ),
  },
  {
    key: 'what',
    title: texts.events.what,
    cell: ({ kind, changed }) => (
      <>
        {texts.events.kinds[kind]}
        {changed.length > 0 && <span class="muted"> {changed.join(', ')}</span>}
      </>
    ),
  },
  {
    key: 'severity',
    title: texts.events.severity,
    cell: ({ severity: { before, after } }) => (
      <>
        {before !== null && before !== after && (
          <>
            <SeverityBadge severity={before} />
            {after !== null && ' → '}
          </>
        )}
        {after !== null && <SeverityBadge severity={after} />}
      </>
    ),
  },
  {
    key: 'fleet',
    title: texts.events.fleet,
    cell: ({ images, rating }) =>
      images === null || rating === null ? (
        texts.states.none
      ) : (
        <>
          <SeverityBadge severity={rating} /> {formatNumber(images)}
        </>
      ),
  },
  {
    key: 'source',
    title: texts.events.source,
    cell: ({ source, feed }) => <Foreign text={`${source} ${feed}`} />,
  },
];
