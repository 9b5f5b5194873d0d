import type { ComponentChildren, JSX } from 'preact';
import type { ChangeCause, ChangeList, FindingChanges, SubjectChange } from '../api/changes.ts';
import { pathOf, useResource } from '../api/client.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { FilterBar, SelectField, TextField } from '../components/filters.tsx';
import { ListScreen } from '../components/list-screen.tsx';
import { SeverityBadge } from '../components/severity.tsx';
import { NotFound } from '../components/states.tsx';
import { Foreign } from '../components/text.tsx';
import { formatNumber } from '../format.ts';
import { hrefOf, place } from '../router.ts';
import { severitiesDescending } from '../severity.ts';
import { texts } from '../texts.ts';

const filterNames = ['day', 'severity'] as const;

/** The images or vulnerabilities that changed findings on a day, by one cause. */
export function NewsScreen({ cause }: { readonly cause: string }): JSX.Element {
  const { since, filters } = texts;
  if (!isCause(cause)) return <NotFound />;
  const isOfImages = cause.startsWith('image-');
  return (
    <ListScreen<ChangeList>
      title={since.listTitle(since.causes[cause])}
      path={`/summary/changes/${cause}`}
      filterNames={filterNames}
      emptyText={since.none}
      csvName={`${cause}.csv`}
      intro={since.details[cause]}
      sizeOf={({ changes }) => changes.length}
      filters={
        <FilterBar names={filterNames}>
          <TextField name="day" label={texts.events.day} placeholder="2026-11-29" />
          {!isOfImages && (
            <SelectField
              name="severity"
              label={filters.severity}
              options={severitiesDescending.map((one) => [one, texts.severities[one]])}
            />
          )}
        </FilterBar>
      }
    >
      {({ day, changes }) => (
        <>
          <p class="muted">{since.onDay(day ?? '')}</p>
          <Total cause={cause} day={day ?? ''} />
          <DataTable
            caption={since.listCaption}
            columns={
              isOfImages ? [imageColumn, ...numbers] : [severityColumn, vulnerabilityColumn, ...numbers]
            }
            rows={changes}
            keyOf={({ subject }) => subject}
          />
        </>
      )}
    </ListScreen>
  );
}

/** The numbers of the whole list, of which a page shows a part. */
function Total({ cause, day }: { readonly cause: ChangeCause; readonly day: string }): JSX.Element | null {
  const { data } = useResource<FindingChanges>(pathOf('/summary/changes', { day }));
  const severity = place.value.query.get('severity');
  const sums = data?.causes?.filter(
    (one) => one.cause === cause && (severity === null || one.severity === severity),
  );
  if (sums === undefined) return null;
  const sumOf = (name: 'subjects' | 'opened' | 'closed'): string =>
    formatNumber(sums.reduce((sum, one) => sum + one[name], 0));
  return <p>{texts.since.total(sumOf('subjects'), sumOf('opened'), sumOf('closed'))}</p>;
}

function isCause(text: string): text is ChangeCause {
  return Object.hasOwn(texts.since.causes, text);
}

const imageColumn: Column<SubjectChange> = {
  key: 'image',
  title: texts.since.image,
  isName: true,
  cell: ({ digest, reference }) =>
    digest === null ? (
      texts.since.noImage
    ) : (
      <a href={hrefOf(`/images/${digest}/findings`)}>
        <Foreign text={reference ?? digest} />
      </a>
    ),
};

const severityColumn: Column<SubjectChange> = {
  key: 'severity',
  title: texts.findings.severity,
  cell: ({ severity }) => (severity === null ? texts.states.none : <SeverityBadge severity={severity} />),
};

const vulnerabilityColumn: Column<SubjectChange> = {
  key: 'vulnerability',
  title: texts.findings.vulnerability,
  isName: true,
  cell: ({ subject }): ComponentChildren =>
    subject === '' ? (
      texts.states.notKnown
    ) : (
      <>
        <a href={hrefOf(`/advisories/${encodeURIComponent(subject)}`)}>
          <Foreign text={subject} />
        </a>{' '}
        <a class="tag" href={hrefOf('/findings', { vulnerability: subject })}>
          {texts.since.showFindings}
        </a>{' '}
        <a class="tag" href={hrefOf('/changes', { id: subject })}>
          {texts.since.showChanges}
        </a>
      </>
    ),
};

const numbers: readonly Column<SubjectChange>[] = [
  { key: 'opened', title: texts.since.opened, isNumber: true, cell: ({ opened }) => formatNumber(opened) },
  { key: 'closed', title: texts.since.closed, isNumber: true, cell: ({ closed }) => formatNumber(closed) },
  {
    key: 'rerated',
    title: texts.since.rerated,
    isNumber: true,
    cell: ({ rerated }) => formatNumber(rerated),
  },
];
