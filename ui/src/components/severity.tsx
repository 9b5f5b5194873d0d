import type { JSX } from 'preact';
import type { Severity } from '../api/types.ts';
import { formatNumber } from '../format.ts';
import { hrefWith, place } from '../router.ts';
import { type SeverityCounts, severitiesDescending, severityLetters } from '../severity.ts';
import { texts } from '../texts.ts';

/** A severity as a letter in a shape, with its name. */
export function SeverityBadge({ severity }: { readonly severity: Severity }): JSX.Element {
  return (
    <span class={`severity severity-${severity.toLowerCase()}`}>
      <span class="severity-letter" aria-hidden="true">
        {severityLetters[severity]}
      </span>
      {texts.severities[severity]}
    </span>
  );
}

interface SeverityNumbersProps {
  readonly counts: SeverityCounts;
  /** Returns the list that a number stands for; missing if there is no such list. */
  readonly hrefOf?: (severity: Severity) => string;
}

/** Numbers of findings, each a link to its list. Severities without findings are left out. */
export function SeverityNumbers({ counts, hrefOf }: SeverityNumbersProps): JSX.Element {
  const present = severitiesDescending.filter((severity) => (counts[severity] ?? 0) > 0);
  return (
    <span class="severity-numbers">
      {present.map((severity) => (
        <a
          key={severity}
          {...(hrefOf !== undefined && { href: hrefOf(severity) })}
          class={`severity-number severity-${severity.toLowerCase()}`}
          title={`${formatNumber(counts[severity] ?? 0)} ${texts.severities[severity]}`}
        >
          <span class="severity-letter" aria-hidden="true">
            {severityLetters[severity]}
          </span>
          {formatNumber(counts[severity] ?? 0)}
          <span class="sr-only"> {texts.severities[severity]}</span>
        </a>
      ))}
    </span>
  );
}

/** Shares of severities as a bar. It only repeats numbers that are shown beside it. */
export function SeverityBar({ counts }: { readonly counts: SeverityCounts }): JSX.Element | null {
  const present = severitiesDescending.filter((severity) => (counts[severity] ?? 0) > 0);
  if (present.length === 0) return null;
  return (
    <span class="severity-bar" aria-hidden="true">
      {present.map((severity) => (
        <span
          key={severity}
          class={`severity-part severity-${severity.toLowerCase()}`}
          style={{ flexGrow: counts[severity] ?? 0 }}
        />
      ))}
    </span>
  );
}

/**
 * The order of a list by severity, as a text. The server sorts it, and has no rank for a vulnerability without a rating. Null if one of the
 * parameters of `names` gives the list another order or one severity.
 */
export function UnknownLast({ names }: { readonly names: readonly string[] }): JSX.Element | null {
  if (names.some((name) => place.value.query.has(name))) return null;
  const { text, show } = texts.unknownLast;
  return (
    <p class="muted">
      {text} <a href={hrefWith({ severity: 'Unknown', after: undefined })}>{show}</a>
    </p>
  );
}
