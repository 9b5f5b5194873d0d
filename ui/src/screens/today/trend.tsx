import type { JSX } from 'preact';
import type { History } from '../../api/lists.ts';
import type { Severity } from '../../api/types.ts';
import { LoadedCard } from '../../components/card.tsx';
import { StackedChart } from '../../components/line-chart.tsx';
import { formatNumber } from '../../format.ts';
import { severitiesDescending } from '../../severity.ts';
import { texts } from '../../texts.ts';

/** The days that Today shows and compares. */
export const historyPath = '/summary/history?days=90';

/** The findings of each day by severity, as a chart and as a table. */
export function Trend(): JSX.Element {
  return (
    <LoadedCard<History> title={texts.trend.title} path={historyPath}>
      {({ days, firstDay }) =>
        days.length < 2 ? (
          <p class="muted">
            {texts.trend.tooShort} {firstDay !== null && texts.trend.since(firstDay)}
          </p>
        ) : (
          <TrendChart days={days.toSorted((a, b) => (a.day < b.day ? -1 : 1))} />
        )
      }
    </LoadedCard>
  );
}

function TrendChart({ days }: Pick<History, 'days'>): JSX.Element {
  const present = severitiesDescending.filter((severity) => days.some((day) => countOf(day, severity) > 0));
  const series = present.toReversed().map((severity) => ({
    name: texts.severities[severity],
    colour: `severity-${severity.toLowerCase()}`,
    values: days.map((day) => countOf(day, severity)),
  }));
  return (
    <>
      <p class="muted">{texts.trend.explanation}</p>
      <StackedChart title={texts.trend.title} labels={days.map(({ day }) => day)} series={series} />
      <ul class="legend">
        {present.map((severity) => (
          <li key={severity} class={`severity-${severity.toLowerCase()}`}>
            <span class="legend-colour" aria-hidden="true" /> {texts.severities[severity]}
          </li>
        ))}
      </ul>
      <details>
        <summary>{texts.trend.table}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable by keyboard */}
        <div class="scroll" role="region" aria-label={texts.trend.table} tabIndex={0}>
          <table class="data">
            <caption class="sr-only">{texts.trend.title}</caption>
            <thead>
              <tr>
                <th scope="col">{texts.trend.day}</th>
                {present.map((severity) => (
                  <th key={severity} scope="col" class="number">
                    {texts.severities[severity]}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {days.toReversed().map((day) => (
                <tr key={day.day}>
                  <td class="name">{day.day}</td>
                  {present.map((severity) => (
                    <td key={severity} class="number" data-label={texts.severities[severity]}>
                      {formatNumber(countOf(day, severity))}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}

function countOf({ counts }: History['days'][number], severity: Severity): number {
  return counts.reduce((sum, count) => sum + (count.severity === severity ? count.findings : 0), 0);
}
