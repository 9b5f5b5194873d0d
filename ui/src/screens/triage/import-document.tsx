import type { JSX } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { texts } from '../../texts.ts';
import { Proposal } from './proposal.tsx';

/** A form that saves a file of rules or a VEX document of this computer. */
export function ImportDocument(): JSX.Element {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  return (
    <Proposal
      documentOf={async () => {
        const file = input.current?.files?.[0];
        return { name: file?.name ?? '', content: (await file?.text()) ?? '' };
      }}
    >
      <p class="muted">{texts.triage.importHint}</p>
      <div class="field">
        <label for={id}>{texts.triage.file}</label>
        <input ref={input} id={id} type="file" accept=".json,.yaml,.yml,.trivyignore" required />
      </div>
    </Proposal>
  );
}
