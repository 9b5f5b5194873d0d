import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { pathOf, useResource } from '../../api/client.ts';
import type { ExplainedPackage, Explanation } from '../../api/explain.ts';
import { Dialog } from '../../components/dialog.tsx';
import { Loaded } from '../../components/states.tsx';
import { Foreign } from '../../components/text.tsx';
import { hrefWith, navigate, place } from '../../router.ts';
import { asOfTime } from '../../shell/as-of-picker.tsx';
import { texts } from '../../texts.ts';

/** A field for a vulnerability that is not in the list. */
export function WhyNotForm(): JSX.Element {
  const id = useSignal('');
  return (
    <form
      class="filters"
      aria-label={texts.whyNot.title}
      onSubmit={(event) => {
        event.preventDefault();
        navigate(hrefWith({ why: id.value.trim() }));
      }}
    >
      <label class="field">
        <span>{texts.whyNot.title}</span>
        <input
          type="text"
          required
          maxLength={100}
          placeholder="CVE-2026-1234"
          value={id.value}
          onInput={({ currentTarget }) => {
            id.value = currentTarget.value;
          }}
        />
      </label>
      <button type="submit">{texts.whyNot.ask}</button>
    </form>
  );
}

/** Why a vulnerability is in the report of an image, or not. It opens if the address names one. */
export function WhyNotDrawer({ digest }: { readonly digest: string }): JSX.Element | null {
  const id = place.value.query.get('why');
  const path = pathOf(`/images/${encodeURIComponent(digest)}/explain`, {
    vulnerability: id ?? '',
    asOf: asOfTime(),
  });
  const resource = useResource<Explanation>(id === null ? undefined : path);
  if (id === null) return null;
  return (
    <Dialog
      kind="drawer"
      title={id}
      closeText={texts.explain.close}
      onClose={() => {
        navigate(hrefWith({ why: undefined }), { replaces: true });
      }}
    >
      <Loaded resource={resource} path={path}>
        {({ packages, remarks, isKnown }) => (
          <>
            <p class="verdict-text">{verdictOf(packages, isKnown)}</p>
            {remarks.map((remark) => (
              <p key={remark}>
                <Foreign text={remark} isWhole />
              </p>
            ))}
            {packages.map((one) => (
              <PackageOutcome key={JSON.stringify(one.package)} explained={one} />
            ))}
          </>
        )}
      </Loaded>
    </Dialog>
  );
}

function verdictOf(packages: readonly ExplainedPackage[], isKnown: boolean): string {
  const { whyNot } = texts;
  const outcomes = new Set(packages.map(({ outcome }) => outcome));
  if (outcomes.has('reported')) return whyNot.reported;
  if (outcomes.has('suppressed')) return whyNot.suppressed;
  return outcomes.has('undecided') || !isKnown ? whyNot.undecided : whyNot.notReported;
}

const signs: ReadonlyMap<boolean | null, string> = new Map([
  [true, '✓'],
  [false, '✗'],
  [null, '?'],
]);

function PackageOutcome({ explained }: { readonly explained: ExplainedPackage }): JSX.Element {
  const { package: affected, reason, remarks, rows } = explained;
  return (
    <section>
      <h3>
        <Foreign text={`${affected.name ?? ''} ${affected.version ?? ''}`} isWhole />
      </h3>
      <p>
        <Foreign text={[reason, ...remarks].join('. ')} isWhole />
      </p>
      {rows.map((row) => (
        <div key={`${row.source} ${row.advisory} ${row.namespace} ${row.package}`} class="evidence">
          <p class="muted">
            <Foreign text={`${row.source}, ${row.advisory}: ${row.package} in ${row.namespace}`} isWhole />
          </p>
          <ul class="plain">
            {row.checks.map(({ name, holds, words }) => (
              <li key={name} class={holds === false ? 'bad' : ''}>
                <span aria-hidden="true">{signs.get(holds)}</span> <Foreign text={words} isWhole />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}
