import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { failureOf, load, request, useResource } from '../api/client.ts';
import type { Statement, StatementList } from '../api/lists.ts';
import type { SuppressionList } from '../api/types.ts';
import { Card, LoadedCard } from '../components/card.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { DownloadButton } from '../components/pages.tsx';
import { Empty, Heading, Loaded } from '../components/states.tsx';
import { Foreign } from '../components/text.tsx';
import { formatNumber, formatTime } from '../format.ts';
import { hrefOf } from '../router.ts';
import { texts } from '../texts.ts';
import { AcceptRisk, statementsPath, suppressionsPath } from './accept-risk.tsx';

type Saved = SuppressionList['suppressions'][number];

/** Rules and VEX documents of the server, and a form for a new rule. */
export function TriageScreen(): JSX.Element {
  const resource = useResource<SuppressionList>(suppressionsPath);
  return (
    <>
      <Heading title={texts.areas.triage} />
      <Card title={texts.triage.saved}>
        <Loaded resource={resource} path={suppressionsPath}>
          {({ suppressions }) =>
            suppressions.length === 0 ? (
              <Empty title={texts.triage.empty}>
                <p>{texts.triage.emptyHint}</p>
              </Empty>
            ) : (
              <DataTable
                caption={texts.triage.caption}
                columns={columns}
                rows={suppressions}
                keyOf={({ name }) => name}
              />
            )
          }
        </Loaded>
      </Card>
      <LoadedCard<StatementList> title={texts.triage.statementsTitle} path={statementsPath}>
        {({ statements }) =>
          statements.length === 0 ? (
            <p class="muted">{texts.triage.empty}</p>
          ) : (
            <DataTable
              caption={texts.triage.statementsCaption}
              columns={statementColumns}
              rows={statements}
              keyOf={(statement) => JSON.stringify(statement)}
            />
          )
        }
      </LoadedCard>
      <Card title={texts.triage.accept}>
        <AcceptRisk />
      </Card>
    </>
  );
}

const columns: readonly Column<Saved>[] = [
  { key: 'name', title: texts.triage.name, isName: true, cell: ({ name }) => <Foreign text={name} /> },
  { key: 'savedAt', title: texts.triage.savedAt, cell: ({ savedAt }) => formatTime(savedAt) },
  {
    key: 'savedBy',
    title: texts.triage.savedBy,
    cell: ({ savedBy }) => <Foreign text={savedBy ?? texts.states.notKnown} />,
  },
  {
    key: 'rules',
    title: texts.triage.rules,
    isNumber: true,
    cell: ({ rules, error }) =>
      error === undefined ? formatNumber(rules ?? 0) : <span class="bad">{texts.triage.error}</span>,
  },
  {
    key: 'statements',
    title: texts.triage.statements,
    isNumber: true,
    cell: ({ statements, error }) =>
      error === undefined ? formatNumber(statements ?? 0) : texts.states.none,
  },
  {
    key: 'actions',
    title: '',
    cell: ({ name }) => (
      <>
        <DownloadButton
          path={`/suppressions/${encodeURIComponent(name)}`}
          accept="*/*"
          name={name}
          label={texts.triage.download}
        />{' '}
        <DeleteButton name={name} />
      </>
    ),
  },
];

const statementColumns: readonly Column<Statement>[] = [
  {
    key: 'about',
    title: texts.triage.about,
    isName: true,
    cell: ({ vulnerabilities, kind }) =>
      vulnerabilities.length === 0
        ? kind
        : vulnerabilities.slice(0, 5).map((id) => (
            <a key={id} class="tag" href={hrefOf(`/advisories/${encodeURIComponent(id)}`)}>
              <Foreign text={id} />
            </a>
          )),
  },
  {
    key: 'scope',
    title: texts.triage.scope,
    cell: ({ scope }) => <Foreign text={scope.length === 0 ? texts.triage.everywhere : scope.join(', ')} />,
  },
  {
    key: 'state',
    title: texts.triage.state,
    cell: ({ state }) => <span class={`state-${state}`}>{texts.triage.states[state] ?? state}</span>,
  },
  {
    key: 'reason',
    title: texts.triage.reason,
    cell: ({ reason, justification }) => <Foreign text={reason ?? justification ?? texts.states.none} />,
  },
  {
    key: 'author',
    title: texts.triage.savedBy,
    cell: ({ author }) => <Foreign text={author ?? texts.states.notKnown} />,
  },
  { key: 'expires', title: texts.triage.expires, cell: ({ expires }) => expires ?? texts.triage.never },
  { key: 'file', title: texts.triage.name, cell: ({ file }) => <Foreign text={file} /> },
];

function DeleteButton({ name }: { readonly name: string }): JSX.Element {
  const problem = useSignal('');
  const remove = async (): Promise<void> => {
    try {
      await request(`/suppressions/${encodeURIComponent(name)}`, { method: 'DELETE' });
      await Promise.all([load(suppressionsPath), load(statementsPath)]);
    } catch (error) {
      problem.value = failureOf(error).detail;
    }
  };
  return (
    <>
      <button type="button" onClick={() => void remove()}>
        {texts.triage.remove}
      </button>
      {problem.value !== '' && (
        <span role="alert" class="bad">
          {problem.value}
        </span>
      )}
    </>
  );
}
