import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { failureOf, request, useResource } from '../../api/client.ts';
import { type SavedDocument, type SuppressionList, suppressionsPath } from '../../api/suppressions.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { DownloadButton } from '../../components/pages.tsx';
import { failureText, Loaded } from '../../components/states.tsx';
import { Foreign } from '../../components/text.tsx';
import { formatNumber, formatTime } from '../../format.ts';
import { texts } from '../../texts.ts';
import { reloadDocuments } from './proposal.tsx';

/** The saved documents, each of which can be downloaded and deleted. */
export function SavedDocuments(): JSX.Element {
  const resource = useResource<SuppressionList>(suppressionsPath);
  return (
    <Loaded resource={resource} path={suppressionsPath}>
      {({ suppressions }) =>
        suppressions.length === 0 ? (
          <p class="muted">{texts.triage.noDocument}</p>
        ) : (
          <DataTable
            caption={texts.triage.saved}
            columns={columns}
            rows={suppressions}
            keyOf={({ name }) => name}
          />
        )
      }
    </Loaded>
  );
}

const { triage } = texts;

const columns: readonly Column<SavedDocument>[] = [
  {
    key: 'name',
    title: triage.name,
    isName: true,
    cell: ({ name, error }) => (
      <>
        <Foreign text={name} />
        {error !== undefined && (
          <span class="bad below">
            <Foreign text={error} />
          </span>
        )}
      </>
    ),
  },
  {
    key: 'saved',
    title: triage.savedAt,
    cell: ({ savedAt, savedBy }) => (
      <>
        {formatTime(savedAt)}
        <span class="muted below">
          <Foreign text={savedBy ?? texts.states.notKnown} />
        </span>
      </>
    ),
  },
  { key: 'rules', title: triage.rules, isNumber: true, cell: ({ rules }) => countOf(rules) },
  {
    key: 'statements',
    title: triage.statements,
    isNumber: true,
    cell: ({ statements }) => countOf(statements),
  },
  {
    key: 'actions',
    title: triage.actions,
    cell: ({ name, rules = 0 }) => (
      <span class="actions">
        {rules > 0 && (
          <DownloadButton
            path={`${suppressionsPath}/${encodeURIComponent(name)}/openvex`}
            accept="application/vnd.openvex+json"
            name={`${name}.openvex.json`}
            label={triage.asOpenVex}
          />
        )}
        <DownloadButton
          path={`${suppressionsPath}/${encodeURIComponent(name)}`}
          accept="*/*"
          name={name}
          label={triage.download}
        />
        <DeleteButton name={name} />
      </span>
    ),
  },
];

function countOf(count: number | undefined): string {
  return count === undefined ? texts.states.none : formatNumber(count);
}

/** A button that deletes a document. It asks first: findings that the document suppresses count again. */
function DeleteButton({ name }: { readonly name: string }): JSX.Element {
  const isAsking = useSignal(false);
  const problem = useSignal('');
  const remove = async (): Promise<void> => {
    isAsking.value = false;
    try {
      await request(`${suppressionsPath}/${encodeURIComponent(name)}`, { method: 'DELETE' });
      await reloadDocuments();
    } catch (error) {
      problem.value = failureText(failureOf(error));
    }
  };
  return (
    <>
      <button
        type="button"
        onClick={() => {
          isAsking.value = !isAsking.value;
        }}
      >
        {isAsking.value ? triage.keep : triage.remove}
      </button>
      {isAsking.value && (
        <button type="button" class="danger" onClick={() => void remove()}>
          {triage.removeSurely(name)}
        </button>
      )}
      {problem.value !== '' && (
        <span role="alert" class="bad">
          {problem.value}
        </span>
      )}
    </>
  );
}
