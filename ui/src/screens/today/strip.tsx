import type { JSX } from 'preact';
import type { FindingCount, Summary } from '../../api/types.ts';
import { attentionOf } from '../../attention.ts';
import { formatNumber, formatTime } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { texts } from '../../texts.ts';
import { unassessedQuery } from './not-assessed.tsx';

/** Returns the number of findings that are wanted. */
export function sumOf(
  counts: readonly FindingCount[],
  isWanted: (count: FindingCount) => boolean = () => true,
): number {
  return counts.reduce((sum, count) => sum + (isWanted(count) ? count.findings : 0), 0);
}

/** The numbers of the fleet. Before the first count there are none, and no zero stands for them. */
export function Strip({
  summary: { findings, notAssessed, sources },
}: {
  readonly summary: Summary;
}): JSX.Element {
  const { today } = texts;
  const counts = findings?.counts;
  const numberOf = (isWanted?: (count: FindingCount) => boolean): number | null =>
    counts === undefined || findings?.images === 0 ? null : sumOf(counts, isWanted);
  const exploited = numberOf(({ exploited: one }) => one === 'yes');
  // Without a list of exploited vulnerabilities, none is known to be one. That is not zero.
  const isExploitedKnown = exploited !== 0 || numberOf(({ exploited: one }) => one === 'unknown') === 0;
  const attention = attentionOf({ sources, notAssessed });
  const problems = attention.sources.length + attention.feeds.length;
  return (
    <>
      <ul class="strip" aria-label={today.strip}>
        <Figure
          title={today.images}
          value={findings?.images === 0 ? null : (findings?.images ?? null)}
          href={hrefOf('/images')}
        />
        <Figure title={today.open} value={numberOf()} href={hrefOf('/findings')} />
        <Figure
          title={today.fixable}
          value={numberOf(({ fixable }) => fixable)}
          href={hrefOf('/findings', { fixable: 'true' })}
        />
        <Figure
          title={today.exploited}
          value={isExploitedKnown ? exploited : null}
          {...(!isExploitedKnown && { unknownText: texts.states.notKnown })}
          href={hrefOf('/findings', { exploited: 'true' })}
          isBad
        />
        <UnassessedFigure notAssessed={notAssessed} />
        <Figure title={today.sources} value={problems} href={hrefOf('/sources')} isBad />
      </ul>
      <p class="muted">
        {findings === null
          ? today.neverCounted
          : [
              today.countedAt(formatTime(findings.countedAt)),
              findings.uncountedSets > 0 ? today.uncounted(findings.uncountedSets) : '',
            ].join(' ')}
      </p>
    </>
  );
}

function UnassessedFigure({ notAssessed }: Pick<Summary, 'notAssessed'>): JSX.Element {
  return (
    <Figure
      title={texts.notAssessed.title}
      value={notAssessed?.images ?? null}
      href={hrefOf('/images', unassessedQuery)}
      isBad
    />
  );
}

interface FigureProps {
  readonly title: string;
  /** Null if it was never counted. */
  readonly value: number | null;
  readonly href: string;
  /** More than zero needs attention. */
  readonly isBad?: boolean;
  /** Why there is no value. */
  readonly unknownText?: string;
}

function Figure({ title, value, href, isBad = false, unknownText }: FigureProps): JSX.Element {
  return (
    <li class={isBad && value !== null && value > 0 ? 'figure figure-bad' : 'figure'}>
      <a href={href}>
        <span class="figure-value">{value === null ? texts.states.none : formatNumber(value)}</span>
        <span class="figure-title">{title}</span>
        {value === null && <span class="muted">{unknownText ?? texts.states.notCounted}</span>}
      </a>
    </li>
  );
}
