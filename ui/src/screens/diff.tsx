import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { pathOf, useResource } from '../api/client.ts';
import type { Difference, DifferenceFinding, DifferencePackage } from '../api/difference.ts';
import { Card } from '../components/card.tsx';
import { FixCell } from '../components/fix.tsx';
import { InputField } from '../components/input-field.tsx';
import { SeverityBadge } from '../components/severity.tsx';
import { Heading, Loaded } from '../components/states.tsx';
import { Foreign } from '../components/text.tsx';
import { formatNumber } from '../format.ts';
import { hrefOf, navigate, place } from '../router.ts';
import { severityRank } from '../severity.ts';
import { texts } from '../texts.ts';

const names = ['a', 'b', 'aAsOf', 'bAsOf'] as const;

/** The differences of two images, or of one image at two dates. */
export function DiffScreen(): JSX.Element {
  return (
    <>
      <Heading title={texts.areas.diff} />
      <p class="muted">{texts.diff.intro}</p>
      <DiffForm />
      <DiffResult />
    </>
  );
}

/** Fields for two images and two dates. `fixedA` fills the first one. */
export function DiffForm({ fixedA }: { readonly fixedA?: string }): JSX.Element {
  const { query } = place.value;
  const values = {
    a: useSignal(query.get('a') ?? fixedA ?? ''),
    b: useSignal(query.get('b') ?? ''),
    aAsOf: useSignal(query.get('aAsOf') ?? ''),
    bAsOf: useSignal(query.get('bAsOf') ?? ''),
  };
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault();
        navigate(hrefOf('/diff', Object.fromEntries(names.map((name) => [name, values[name].value.trim()]))));
      }}
    >
      <InputField
        label={texts.diff.a}
        value={values.a}
        placeholder={texts.diff.placeholder}
        isRequired
        isLong
      />
      <InputField label={texts.diff.asOf} value={values.aAsOf} kind="date" />
      <InputField
        label={texts.diff.b}
        value={values.b}
        placeholder={texts.diff.placeholder}
        isRequired
        isLong
      />
      <InputField label={texts.diff.asOf} value={values.bAsOf} kind="date" />
      <button type="submit" class="primary">
        {texts.diff.compare}
      </button>
    </form>
  );
}

function DiffResult(): JSX.Element | null {
  const { query } = place.value;
  const [a, b] = [query.get('a') ?? '', query.get('b') ?? ''];
  const endOf = (day: string | null): string | undefined =>
    day === null || day === '' ? undefined : `${day}T23:59:59Z`;
  const isComplete = a !== '' && b !== '';
  const path = pathOf('/diff', { a, b, aAsOf: endOf(query.get('aAsOf')), bAsOf: endOf(query.get('bAsOf')) });
  const resource = useResource<Difference>(isComplete ? path : undefined);
  if (!isComplete) return null;
  return (
    <Loaded resource={resource} path={path}>
      {({ findings, packages, headline }) => (
        <>
          <p class="verdict-text">{headline}</p>
          <div class="columns three">
            <FindingList title={texts.diff.gone} findings={findings.gone} />
            <FindingList title={texts.diff.added} findings={findings.new} />
            <FindingList title={texts.diff.changed} findings={findings.changed} />
          </div>
          <p class="muted">{texts.diff.same(findings.same)}</p>
          <div class="columns three">
            <PackageChanges title={texts.diff.packagesRemoved} packages={packages.removed} />
            <PackageChanges title={texts.diff.packagesAdded} packages={packages.added} />
            <PackageChanges title={texts.diff.packagesChanged} packages={packages.changed} />
          </div>
        </>
      )}
    </Loaded>
  );
}

function FindingList({
  title,
  findings,
}: {
  readonly title: string;
  readonly findings: readonly DifferenceFinding[];
}): JSX.Element {
  const sorted = findings.toSorted((a, b) => severityRank(a.severity) - severityRank(b.severity));
  return (
    <Card title={`${title} (${formatNumber(findings.length)})`}>
      {sorted.length === 0 && <p class="muted">{texts.diff.none}</p>}
      <ul class="plain separated">
        {sorted.map((finding) => (
          <li key={JSON.stringify(finding)}>
            <SeverityBadge severity={finding.severity} />{' '}
            <a href={hrefOf(`/advisories/${encodeURIComponent(finding.vulnerability)}`)}>
              <Foreign text={finding.vulnerability} />
            </a>
            <span class="muted below">
              <Foreign text={`${finding.package.name} ${finding.package.version}`} />{' '}
              {finding.fix !== undefined && (
                <>
                  → <FixCell fix={finding.fix} />
                </>
              )}
            </span>
            {finding.cause !== undefined && (
              <span class="below">{texts.diff.causes[finding.cause] ?? finding.cause}</span>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

const packagesShown = 200;

function PackageChanges({
  title,
  packages,
}: {
  readonly title: string;
  readonly packages: readonly DifferencePackage[];
}): JSX.Element {
  return (
    <Card title={`${title} (${formatNumber(packages.length)})`}>
      {packages.length === 0 && <p class="muted">{texts.diff.none}</p>}
      <ul class="plain">
        {packages.slice(0, packagesShown).map((one) => (
          <li key={JSON.stringify(one)}>
            <Foreign text={one.name} />{' '}
            <span class="muted">
              <Foreign text={versionText(one)} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function versionText({ version, before, after }: DifferencePackage): string {
  return version ?? texts.upgrades.from(before ?? '', after ?? '');
}
