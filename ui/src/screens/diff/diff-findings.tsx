import type { ComponentChildren, JSX } from 'preact';
import type {
  ChangedFinding,
  Difference,
  DifferenceCause,
  DifferenceFinding,
  DifferenceSide,
  GoneFinding,
} from '../../api/difference.ts';
import { Card } from '../../components/card.tsx';
import { FixCell } from '../../components/fix.tsx';
import { SeverityBadge } from '../../components/severity.tsx';
import { Foreign } from '../../components/text.tsx';
import { formatNumber } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { severityRank } from '../../severity.ts';
import { texts } from '../../texts.ts';

/** Findings that a column shows. The export has all. */
const shownMax = 200;

interface FindingColumnsProps {
  readonly difference: Difference;
  /** Undefined shows the findings of all causes. */
  readonly cause: DifferenceCause | undefined;
}

/** The findings that differ: those that are gone, new, or changed. */
export function FindingColumns({ difference, cause }: FindingColumnsProps): JSX.Element {
  const { a, b, findings } = difference;
  const ofCause = <T extends DifferenceFinding>(all: readonly T[]): T[] =>
    all
      .filter((finding) => cause === undefined || finding.cause === cause)
      .toSorted((a, b) => severityRank(a.severity) - severityRank(b.severity));
  return (
    <div class="columns three">
      <Column
        title={texts.diff.gone}
        findings={ofCause(findings.gone)}
        side={a}
        detailOf={({ suppressed }: GoneFinding) => suppressed !== null && <Suppressed reason={suppressed} />}
      />
      <Column title={texts.diff.added} findings={ofCause(findings.new)} side={b} />
      <Column
        title={texts.diff.changed}
        findings={ofCause(findings.changed)}
        side={b}
        detailOf={(finding: ChangedFinding) => <Before finding={finding} />}
      />
    </div>
  );
}

interface ColumnProps<T> {
  readonly title: string;
  readonly findings: readonly T[];
  /** The image that has the findings. */
  readonly side: DifferenceSide;
  readonly detailOf?: (finding: T) => ComponentChildren;
}

function Column<T extends DifferenceFinding>({
  title,
  findings,
  side,
  detailOf,
}: ColumnProps<T>): JSX.Element {
  const hidden = findings.length - shownMax;
  return (
    <Card title={`${title} (${formatNumber(findings.length)})`}>
      {findings.length === 0 && <p class="muted">{texts.diff.noneHere}</p>}
      <ul class="plain separated">
        {findings.slice(0, shownMax).map((finding) => (
          <li key={`${finding.vulnerability} ${finding.package.type} ${finding.package.name}`}>
            <FindingText finding={finding} side={side} />
            {detailOf?.(finding)}
          </li>
        ))}
      </ul>
      {hidden > 0 && <p class="muted">{texts.diff.more(hidden)}</p>}
    </Card>
  );
}

function FindingText({
  finding,
  side,
}: {
  readonly finding: DifferenceFinding;
  readonly side: DifferenceSide;
}): JSX.Element {
  const { vulnerability, severity, exploited, package: affected, fix, cause } = finding;
  const day = side.asOf.slice(0, 10);
  const inImage = hrefOf(`/images/${side.digest ?? ''}/findings`, { q: affected.name, asOf: pastDay(day) });
  return (
    <>
      <SeverityBadge severity={severity} />{' '}
      <a href={hrefOf(`/advisories/${encodeURIComponent(vulnerability)}`)}>
        <Foreign text={vulnerability} />
      </a>
      {exploited === 'yes' && <span class="exploited">▲ {texts.findings.yes}</span>}
      <span class="below">
        <a href={inImage}>
          <Foreign text={affected.name} />
        </a>{' '}
        <span class="muted">
          <Foreign text={affected.versions.join(', ')} /> · {texts.diff.fix} <FixCell fix={fix} />
        </span>
      </span>
      <span class={`below cause cause-${cause}`}>{texts.diff.causes[cause]}</span>
    </>
  );
}

/** Returns a day, unless it is the present one. */
function pastDay(day: string): string | undefined {
  return day < new Date().toISOString().slice(0, 10) ? day : undefined;
}

function Suppressed({ reason }: { readonly reason: string }): JSX.Element {
  return (
    <span class="below muted">
      {texts.diff.suppressed} <Foreign text={reason} />
    </span>
  );
}

function Before({ finding: { before, severity, fix } }: { readonly finding: ChangedFinding }): JSX.Element {
  return (
    <span class="below muted">
      {texts.diff.before} {before.severity !== severity && <SeverityBadge severity={before.severity} />}{' '}
      {(before.fix.state !== fix.state || before.fix.version !== fix.version) && <FixCell fix={before.fix} />}
    </span>
  );
}
