import { type Signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { InputField } from '../../components/input-field.tsx';
import { place } from '../../router.ts';
import { texts } from '../../texts.ts';
import { Proposal, type ProposedDocument } from './proposal.tsx';

const nameCharsMax = 90;

type Fields = Readonly<
  Record<'id' | 'package' | 'namespace' | 'justification' | 'reason' | 'expires', Signal<string>>
>;

/** A form that makes one rule, and saves it as a document of its own. The address may fill it. */
export function AcceptRisk(): JSX.Element {
  const { query } = place.value;
  const fields: Fields = {
    id: useSignal(query.get('vulnerability') ?? ''),
    package: useSignal(query.get('package') ?? ''),
    namespace: useSignal(query.get('namespace') ?? ''),
    justification: useSignal(''),
    reason: useSignal(''),
    expires: useSignal(''),
  };
  const { triage } = texts;
  return (
    <Proposal documentOf={() => Promise.resolve(documentOf(fields))}>
      <InputField label={triage.vulnerability} value={fields.id} placeholder="CVE-2026-1234" isRequired />
      <InputField label={triage.packageOptional} value={fields.package} />
      <InputField label={triage.namespaceOptional} value={fields.namespace} placeholder="debian:12" />
      <InputField label={triage.reason} value={fields.reason} isRequired />
      <JustificationField value={fields.justification} />
      <InputField label={triage.lastDay} value={fields.expires} kind="date" />
    </Proposal>
  );
}

function JustificationField({ value }: { readonly value: Signal<string> }): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{texts.triage.justification}</label>
      <select
        id={id}
        value={value.value}
        onChange={({ currentTarget }) => {
          value.value = currentTarget.value;
        }}
      >
        <option value="">{texts.states.none}</option>
        {Object.entries(texts.triage.justifications).map(([word, text]) => (
          <option key={word} value={word}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Returns a file of one rule. JSON is YAML, and escapes every text. Each vulnerability, package and system has its own file. */
function documentOf(fields: Fields): ProposedDocument {
  const rule = Object.fromEntries(
    Object.entries(fields).flatMap(([key, { value }]) => {
      const text = value.trim();
      return text === '' ? [] : [[key, text]];
    }),
  );
  const parts = [fields.id, fields.package, fields.namespace].map(({ value }) => value.trim());
  const name = ['accepted', ...parts.filter((part) => part !== '')].join('-');
  return {
    name: `${name.replaceAll(/[^\w.-]/g, '-').slice(0, nameCharsMax)}.yaml`,
    content: `${JSON.stringify({ ignore: [rule] }, null, 2)}\n`,
  };
}
