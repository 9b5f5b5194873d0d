import type { JSX } from 'preact';
import { pathOf, useResource } from '../../api/client.ts';
import type { Statement, StatementList } from '../../api/suppressions.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { CursorPages, ExportButton } from '../../components/pages.tsx';
import { Empty, Loaded, NothingMatches } from '../../components/states.tsx';
import { Foreign } from '../../components/text.tsx';
import { formatDay, formatNumber } from '../../format.ts';
import { hrefOf, hrefWith, place } from '../../router.ts';
import { texts } from '../../texts.ts';

const rowsPerPage = '1000';
const states: readonly Statement['state'][] = ['active', 'expired', 'unreadable'];

/** Path of the first page of statements. */
export const statementsPath: string = pathOf('/statements', { limit: rowsPerPage });

/** The rules and VEX statements of saved documents. Those that have expired suppress nothing, and stay in the list. */
export function Statements(): JSX.Element {
  const { query } = place.value;
  const after = query.get('after');
  const path = after === null ? statementsPath : pathOf('/statements', { limit: rowsPerPage, after });
  const resource = useResource<StatementList>(path);
  return (
    <Loaded resource={resource} path={path}>
      {({ statements, next }) =>
        statements.length === 0 ? (
          <Empty title={texts.triage.empty}>
            <p>{texts.triage.emptyHint}</p>
          </Empty>
        ) : (
          <>
            <div class="toolbar">
              <StateTabs statements={statements} />
              <ExportButton path={path} name="statements.csv" />
            </div>
            <StatementTable statements={ofState(statements)} />
            <CursorPages next={next} />
          </>
        )
      }
    </Loaded>
  );
}

function ofState(statements: readonly Statement[]): readonly Statement[] {
  const wanted = place.value.query.get('state');
  return statements.filter(({ state }) => wanted === null || state === wanted);
}

function StateTabs({ statements }: { readonly statements: readonly Statement[] }): JSX.Element {
  const wanted = place.value.query.get('state') ?? undefined;
  return (
    <nav class="tabs" aria-label={texts.triage.state}>
      {[undefined, ...states].map((state) => {
        const count = statements.filter((one) => state === undefined || one.state === state).length;
        return (
          <a
            key={state ?? ''}
            href={hrefWith({ state })}
            {...(state === wanted && { 'aria-current': 'page' as const })}
          >
            {state === undefined ? texts.triage.all : texts.triage.states[state]}
            <span class="count">{formatNumber(count)}</span>
          </a>
        );
      })}
    </nav>
  );
}

function StatementTable({ statements }: { readonly statements: readonly Statement[] }): JSX.Element {
  if (statements.length === 0) return <NothingMatches clearHref={hrefWith({ state: undefined })} />;
  return (
    <DataTable
      caption={texts.triage.caption}
      columns={columns}
      rows={statements}
      keyOf={(statement) => JSON.stringify(statement)}
    />
  );
}

const { triage } = texts;

const columns: readonly Column<Statement>[] = [
  {
    key: 'about',
    title: triage.about,
    isName: true,
    cell: ({ kind, vulnerabilities, file }) =>
      kind === 'unreadable' ? (
        <Foreign text={file} />
      ) : vulnerabilities.length === 0 ? (
        triage.allVulnerabilities
      ) : (
        <Vulnerabilities ids={vulnerabilities} />
      ),
  },
  { key: 'state', title: triage.state, cell: (statement) => <StateChip statement={statement} /> },
  {
    key: 'status',
    title: triage.status,
    cell: ({ status }) => (status === null ? texts.states.none : (triage.statuses[status] ?? status)),
  },
  {
    key: 'scope',
    title: triage.scope,
    cell: ({ scope, kind }) =>
      scope.length === 0 ? (
        <span class="muted">{kind === 'unreadable' ? texts.states.none : triage.everywhere}</span>
      ) : (
        <Foreign text={scope.join(', ')} />
      ),
  },
  {
    key: 'reason',
    title: triage.reason,
    cell: ({ reason, justification }) => (
      <>
        <Foreign text={reason ?? texts.states.none} />
        {justification !== null && (
          <span class="muted below">{triage.justifications[justification] ?? justification}</span>
        )}
      </>
    ),
  },
  {
    key: 'author',
    title: triage.author,
    cell: ({ author, at }) => (
      <>
        <Foreign text={author ?? texts.states.notKnown} />
        <span class="muted below">{formatDay(at)}</span>
      </>
    ),
  },
  { key: 'file', title: triage.name, cell: ({ file }) => <Foreign text={file} /> },
];

/** A pattern such as `CVE-2026-*` has no page of its own. */
function Vulnerabilities({ ids }: { readonly ids: readonly string[] }): JSX.Element {
  return (
    <>
      {ids.map((id) => (
        <span key={id} class="listed">
          {id.includes('*') ? (
            <Foreign text={id} />
          ) : (
            <a href={hrefOf(`/advisories/${encodeURIComponent(id)}`)}>
              <Foreign text={id} />
            </a>
          )}
        </span>
      ))}
    </>
  );
}

const signs: Readonly<Record<Statement['state'], string>> = { active: '●', expired: '◌', unreadable: '▲' };

/** The state of a statement, with its last day. */
function StateChip({ statement: { state, expires, kind } }: { readonly statement: Statement }): JSX.Element {
  return (
    <>
      <span class={`statement-state statement-${state}`}>
        <span aria-hidden="true">{signs[state]}</span> {triage.states[state]}
      </span>
      {kind !== 'unreadable' && (
        <span class="muted below">{expires === null ? triage.never : triage.until(expires)}</span>
      )}
    </>
  );
}
