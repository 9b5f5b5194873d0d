import type { JSX } from 'preact';
import type { Finding, RatingList } from '../api/report.ts';
import { formatDay, formatShare } from '../format.ts';
import { texts } from '../texts.ts';

interface RatingsProps extends Pick<Finding['vulnerability'], 'id' | 'exploited' | 'epss' | 'cvss'> {
  /** Share of vulnerabilities with a lower EPSS score. */
  readonly epssPercentile?: number | null;
  /** The loaded lists of ratings. */
  readonly lists: readonly RatingList[];
}

/** Exploitation, EPSS score and CVSS vectors of a vulnerability, each with the list that says so and its date. */
export function Ratings(props: RatingsProps): JSX.Element {
  const { cvss, exploited = [] } = props;
  return (
    <ul class="plain">
      {exploitationTexts(props).map((text) => (
        <li key={text} class={exploited.length > 0 ? 'bad' : undefined}>
          {text}
        </li>
      ))}
      <li>{scoreText(props)}</li>
      {cvss.map(({ source, vector, score }) => (
        <li key={`${source} ${vector}`}>
          {score !== undefined && <strong>{score.toFixed(1)} </strong>}
          {source} <code>{vector}</code>
        </li>
      ))}
    </ul>
  );
}

/** Sources of lists of exploited vulnerabilities. */
const exploitedSources: ReadonlySet<string> = new Set(['kev', 'euvd']);

/** Lists have the ids of CVEs only, so they say nothing of another id. */
const isCve = (id: string): boolean => id.startsWith('CVE-');

/** Returns a line for each list that has the vulnerability; else which lists do not, since an old list proves nothing of a newer vulnerability. */
function exploitationTexts({ id, exploited = [], lists }: RatingsProps): string[] {
  const { explain } = texts;
  if (exploited.length > 0)
    return exploited.map(({ source, date }) => {
      const list = lists.find((one) => one.source === source);
      return explain.exploitedBy({
        source,
        since: date === undefined || date === null ? '' : formatDay(date),
        list: list === undefined ? '' : dateOf(list),
      });
    });
  const shown = lists.filter(({ source }) => exploitedSources.has(source));
  if (shown.length === 0) return [explain.exploitedUnknown];
  if (!isCve(id)) return [explain.exploitedOther];
  return [explain.notExploited(shown.map((list) => `${list.source} (${dateOf(list)})`).join(', '))];
}

function scoreText({ id, epss, epssPercentile = null, lists }: RatingsProps): string {
  const { explain } = texts;
  const list = lists.find(({ source }) => source === 'epss');
  if (epss === null) {
    if (list === undefined) return explain.epssUnknown;
    return isCve(id) ? explain.epssNone(dateOf(list)) : explain.epssOther;
  }
  return [
    explain.epss(formatShare(epss)),
    // A list without percentiles has 0.
    epssPercentile === null || epssPercentile === 0
      ? ''
      : explain.epssPercentile(formatShare(epssPercentile)),
    list === undefined ? '' : explain.epssList(dateOf(list), list.model),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** Returns the date of the content of a list. */
function dateOf({ contentDate, status }: RatingList): string {
  const { sourceStates } = texts;
  const date = contentDate === null ? sourceStates.undated : formatDay(contentDate);
  return status === 'stale' ? `${date}, ${sourceStates.stale}` : date;
}
