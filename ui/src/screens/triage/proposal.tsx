import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { failureOf, load, request, useResource } from '../../api/client.ts';
import { type SuppressionList, type SuppressionPreview, suppressionsPath } from '../../api/suppressions.ts';
import { failureText } from '../../components/states.tsx';
import { Foreign } from '../../components/text.tsx';
import { texts } from '../../texts.ts';
import { PreviewTable } from './preview-table.tsx';
import { statementsPath } from './statements.tsx';

/** A document that is not saved yet. */
export interface ProposedDocument {
  /** Name of the file; its ending decides how it is read. */
  readonly name: string;
  readonly content: string;
}

/** A document with the effect that it would have. */
interface Previewed {
  readonly proposed: ProposedDocument;
  readonly preview: SuppressionPreview;
}

interface ProposalProps {
  /** Returns the document that the fields describe. */
  readonly documentOf: () => Promise<ProposedDocument>;
  /** The fields. */
  readonly children: ComponentChildren;
}

/** A form for a document. It saves only what it has shown the effect of: a change of a field asks for another preview. */
export function Proposal({ documentOf, children }: ProposalProps): JSX.Element {
  const previewed = useSignal<Previewed | undefined>(undefined);
  const message = useSignal('');
  const problem = useSignal('');
  const isBusy = useSignal(false);
  const run = async (action: () => Promise<void>): Promise<void> => {
    isBusy.value = true;
    message.value = '';
    problem.value = '';
    await action().catch((error: unknown) => {
      problem.value = failureText(failureOf(error));
    });
    isBusy.value = false;
  };
  const showPreview = async (): Promise<void> => {
    const proposed = await documentOf();
    previewed.value = { proposed, preview: await previewOf(proposed) };
  };
  const saveShown = async ({ proposed }: Previewed): Promise<void> => {
    await save(proposed);
    previewed.value = undefined;
    message.value = texts.triage.savedDone(proposed.name);
  };
  const shown = previewed.value;
  return (
    <form
      class="stacked"
      onInput={() => {
        previewed.value = undefined;
        message.value = '';
      }}
      onSubmit={(event) => {
        event.preventDefault();
        void run(showPreview);
      }}
    >
      {children}
      <div>
        <button type="submit" disabled={isBusy.value}>
          {texts.triage.preview}
        </button>
      </div>
      <Outcome message={message.value} problem={problem.value} />
      {shown !== undefined && (
        <Effect previewed={shown} isBusy={isBusy.value} onSave={() => void run(() => saveShown(shown))} />
      )}
    </form>
  );
}

interface OutcomeProps {
  readonly message: string;
  readonly problem: string;
}

function Outcome({ message, problem }: OutcomeProps): JSX.Element {
  return (
    <>
      <p role="status" class="good">
        {message}
      </p>
      {problem !== '' && (
        <p role="alert" class="bad">
          <Foreign text={problem} isWhole />
        </p>
      )}
    </>
  );
}

interface EffectProps {
  readonly previewed: Previewed;
  readonly isBusy: boolean;
  readonly onSave: () => void;
}

/** What a document would do, and a button that saves it. It never shows numbers of a part as if they were those of the whole. */
function Effect({ previewed: { proposed, preview }, isBusy, onSave }: EffectProps): JSX.Element {
  const { triage } = texts;
  const saved = useResource<SuppressionList>(suppressionsPath);
  const replaces = saved.data?.suppressions.some(({ name }) => name === proposed.name) ?? false;
  const { findings, images, complete, notPreviewed, rows } = preview;
  return (
    <>
      <p role="status">
        <strong>{(complete ? triage.previewResult : triage.previewAtLeast)(findings, images)}</strong>
      </p>
      {notPreviewed.length > 0 && (
        <p class="notice notice-warning">
          {triage.notPreviewed} <Foreign text={notPreviewed.join(', ')} />
        </p>
      )}
      {replaces && <p class="notice notice-warning">{triage.replaces(proposed.name)}</p>}
      {rows.length > 0 && <PreviewTable rows={rows} />}
      {rows.length < findings && rows.length > 0 && (
        <p class="muted">{triage.previewedFirst(rows.length, findings)}</p>
      )}
      <div>
        <button type="button" class="primary" disabled={isBusy} onClick={onSave}>
          {triage.save}
        </button>
      </div>
    </>
  );
}

async function previewOf({ name, content }: ProposedDocument): Promise<SuppressionPreview> {
  const path = `/statements/preview?name=${encodeURIComponent(name)}`;
  const response = await request(path, { method: 'POST', body: content, headers: contentType });
  return (await response.json()) as SuppressionPreview;
}

/** Servers take bodies of other types from programs only, because any site can send those. The name decides how a document is read. */
const contentType = { 'Content-Type': 'application/json' };

async function save({ name, content }: ProposedDocument): Promise<void> {
  const path = `${suppressionsPath}/${encodeURIComponent(name)}`;
  await request(path, { method: 'PUT', body: content, headers: contentType });
  await reloadDocuments();
}

/** Reads the lists of documents and statements again, after one was saved or deleted. */
export async function reloadDocuments(): Promise<void> {
  await Promise.all([load(suppressionsPath), load(statementsPath)]);
}
