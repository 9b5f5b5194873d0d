import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { failureOf, isMissingRoute, load, pathOf, request } from '../api/client.ts';
import type { SuppressionPreview } from '../api/lists.ts';
import { InputField } from '../components/input-field.tsx';
import { place } from '../router.ts';
import { texts } from '../texts.ts';

/** Path of the saved rules and VEX documents. */
export const suppressionsPath = '/suppressions';

/** Path of the rules and statements in them. */
export const statementsPath = '/statements';

interface Fields {
  readonly id: Signal<string>;
  readonly name: Signal<string>;
  readonly reason: Signal<string>;
  readonly expires: Signal<string>;
}

/** A form that makes one rule, shows what it suppresses, and saves it as a document of its own. */
export function AcceptRisk(): JSX.Element {
  const { query } = place.value;
  const fields: Fields = {
    id: useSignal(query.get('vulnerability') ?? ''),
    name: useSignal(query.get('package') ?? ''),
    reason: useSignal(''),
    expires: useSignal(''),
  };
  const result = useSignal('');
  const problem = useSignal('');
  const run = async (action: () => Promise<string>): Promise<void> => {
    result.value = '';
    problem.value = '';
    try {
      result.value = await action();
    } catch (error) {
      const failure = failureOf(error);
      problem.value = isMissingRoute(failure) ? texts.states.unavailableTitle : failure.detail;
    }
  };
  return (
    <form
      class="stacked"
      onSubmit={(event) => {
        event.preventDefault();
        const isPreview = event.submitter?.getAttribute('value') === 'preview';
        void run(() => (isPreview ? preview(fields) : save(fields)));
      }}
    >
      <InputField label={texts.triage.vulnerability} value={fields.id} isRequired />
      <InputField label={texts.triage.packageOptional} value={fields.name} />
      <InputField label={texts.triage.reasonLabel} value={fields.reason} isRequired />
      <InputField label={texts.triage.until} value={fields.expires} kind="date" />
      <div class="toolbar">
        <span>
          <button type="submit" value="preview">
            {texts.triage.preview}
          </button>{' '}
          <button type="submit" value="save" class="primary">
            {texts.triage.save}
          </button>
        </span>
      </div>
      <Outcome problem={problem.value}>{result.value}</Outcome>
    </form>
  );
}

function Outcome({
  problem,
  children,
}: {
  readonly problem: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return problem === '' ? (
    <p role="status">{children}</p>
  ) : (
    <p role="alert" class="bad">
      {problem}
    </p>
  );
}

/** Returns a file of one rule. JSON is YAML, and escapes every text. */
function documentOf({ id, name, reason, expires }: Fields): string {
  const optional = (key: string, { value }: Signal<string>): object =>
    value.trim() === '' ? {} : { [key]: value.trim() };
  const rule = { id: id.value.trim(), ...optional('package', name), reason: reason.value.trim() };
  return JSON.stringify({ ignore: [{ ...rule, ...optional('expires', expires) }] }, null, 2);
}

/** Returns a name that the server accepts: each vulnerability and package has one document. */
function fileNameOf({ id, name }: Fields): string {
  const text = ['accepted', id.value.trim(), name.value.trim()].filter((part) => part !== '').join('-');
  return `${text.replaceAll(/[^\w.-]/g, '-').slice(0, 90)}.yaml`;
}

async function preview(fields: Fields): Promise<string> {
  const response = await request(pathOf('/statements/preview', { name: fileNameOf(fields) }), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: documentOf(fields),
  });
  const { findings, images, complete } = (await response.json()) as SuppressionPreview;
  const text = texts.triage.previewResult(findings, images);
  return complete ? text : `${text} ${texts.triage.notComplete}`;
}

async function save(fields: Fields): Promise<string> {
  await request(`/suppressions/${fileNameOf(fields)}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: documentOf(fields),
  });
  await Promise.all([load(suppressionsPath), load(statementsPath)]);
  return texts.triage.savedDone;
}
