import type { ComponentChildren, JSX } from 'preact';
import { useResource } from '../../api/client.ts';
import { type Finding, type ImageReport, reportPath } from '../../api/report.ts';
import { SeverityNumbers } from '../../components/severity.tsx';
import { VerdictChip } from '../../components/verdict.tsx';
import { formatDay } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { countSeverities } from '../../severity.ts';
import { texts } from '../../texts.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** Days before now at which the report is made again. */
const daysBefore = [1, 7, 30, 90] as const;

/** The same image with the advisories of earlier times. */
export function HistoryTab({
  report,
  digest,
}: {
  readonly report: ImageReport;
  readonly digest: string;
}): JSX.Element {
  const { history } = texts;
  const today = Date.now();
  const days = daysBefore.map((days) => formatDay(new Date(today - days * dayMs).toISOString()));
  return (
    <>
      <p class="muted">{history.intro}</p>
      <table role="table" class="data">
        <caption class="sr-only">{history.caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {[history.date, history.verdict, history.findings, history.change].map((title) => (
              <th key={title} scope="col" role="columnheader">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          <HistoryRow title={history.now} digest={digest} day={undefined} newer={undefined} report={report} />
          {days.map((day, index) => (
            <HistoryRow
              key={day}
              title={day}
              digest={digest}
              day={day}
              newer={days[index - 1]}
              report={undefined}
            />
          ))}
        </tbody>
      </table>
    </>
  );
}

interface HistoryRowProps {
  readonly title: string;
  readonly digest: string;
  /** Undefined for now. */
  readonly day: string | undefined;
  /** The next later day that is shown; undefined for now. */
  readonly newer: string | undefined;
  readonly report: ImageReport | undefined;
}

function HistoryRow({ title, digest, day, newer }: HistoryRowProps): JSX.Element {
  const { history } = texts;
  const { data, failure } = useResource<ImageReport>(reportPath(digest, endOf(day)));
  const after = useResource<ImageReport>(day === undefined ? undefined : reportPath(digest, endOf(newer)));
  const link = <a href={hrefOf(`/images/${digest}/findings`, { asOf: day })}>{title}</a>;
  if (data === undefined)
    return (
      <tr role="row">
        <td role="cell" class="name">
          {title}
        </td>
        <td role="cell" colSpan={3} class="muted">
          {failure === undefined ? texts.states.loading : failure.detail}
        </td>
      </tr>
    );
  const isLoaded = data.coverage.every(({ loadedSince }) => loadedSince === undefined);
  const counts = countSeverities(data.matches.map(({ vulnerability }) => vulnerability.severity));
  return (
    <tr role="row">
      <td role="cell" class="name">
        {link}
      </td>
      <HistoryCell title={history.verdict}>
        <VerdictChip verdict={data.verdict} />
        {!isLoaded && <span class="muted below">{history.notLoaded}</span>}
      </HistoryCell>
      <HistoryCell title={history.findings}>
        <SeverityNumbers
          counts={counts}
          hrefOf={(severity) => hrefOf(`/images/${digest}/findings`, { asOf: day, severity })}
        />
      </HistoryCell>
      <HistoryCell title={history.change}>
        {!isLoaded || day === undefined || after.data === undefined
          ? texts.states.none
          : changeText(data.matches, after.data.matches)}
      </HistoryCell>
    </tr>
  );
}

interface HistoryCellProps {
  readonly title: string;
  readonly children: ComponentChildren;
}

/** A cell with its title before it on a narrow screen. */
function HistoryCell({ title, children }: HistoryCellProps): JSX.Element {
  return (
    <td role="cell" data-label={title}>
      <div class="cell">{children}</div>
    </td>
  );
}

function endOf(day: string | undefined): string | undefined {
  return day === undefined ? undefined : `${day}T23:59:59Z`;
}

/** Says how the findings changed from one report to a later one. */
function changeText(before: readonly Finding[], after: readonly Finding[]): string {
  const earlier = new Set(before.map(identityOf));
  const later = new Set(after.map(identityOf));
  const { history } = texts;
  const text = history.changes(earlier.difference(later).size, later.difference(earlier).size);
  return text === '' ? history.same : text;
}

function identityOf({ vulnerability, package: { name, version, location } }: Finding): string {
  return [vulnerability.id, name, version, location.path].join('\n');
}
