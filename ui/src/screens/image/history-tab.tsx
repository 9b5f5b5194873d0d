import type { ComponentChildren, JSX } from 'preact';
import { useResource } from '../../api/client.ts';
import { type ImageReport, reportPath } from '../../api/report.ts';
import { SeverityNumbers } from '../../components/severity.tsx';
import { VerdictChip } from '../../components/verdict.tsx';
import { endOfDay, formatDay } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { countSeverities } from '../../severity.ts';
import { texts } from '../../texts.ts';
import { countChanges } from './finding-changes.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** Days before now at which the report is made again. */
const daysBefore = [1, 7, 30, 90] as const;

/** The same image with the advisories of earlier times. */
export function HistoryTab({ digest }: { readonly digest: string }): JSX.Element {
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
          {[undefined, ...days].map((day, index) => (
            <HistoryRow key={day ?? ''} digest={digest} day={day} older={days[index]} />
          ))}
        </tbody>
      </table>
    </>
  );
}

interface HistoryRowProps {
  readonly digest: string;
  /** Undefined for now. */
  readonly day: string | undefined;
  /** The next earlier day that is shown; undefined for the earliest one. */
  readonly older: string | undefined;
}

function HistoryRow({ digest, day, older }: HistoryRowProps): JSX.Element {
  const { history } = texts;
  const { data, failure } = useResource<ImageReport>(reportPath(digest, endOf(day)));
  const title = day ?? history.now;
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
  const counts = countSeverities(data.matches.map(({ vulnerability }) => vulnerability.severity));
  return (
    <tr role="row">
      <td role="cell" class="name">
        <a href={hrefOf(`/images/${digest}/findings`, { asOf: day })}>{title}</a>
      </td>
      <HistoryCell title={history.verdict}>
        <VerdictChip verdict={data.verdict} />
        {!isLoaded(data) && <span class="muted below">{history.notLoaded}</span>}
      </HistoryCell>
      <HistoryCell title={history.findings}>
        {data.matches.length === 0 ? (
          texts.states.none
        ) : (
          <SeverityNumbers
            counts={counts}
            hrefOf={(severity) => hrefOf(`/images/${digest}/findings`, { asOf: day, severity })}
          />
        )}
      </HistoryCell>
      <HistoryCell title={history.change}>
        {older === undefined ? texts.states.none : <Change digest={digest} day={day} older={older} />}
      </HistoryCell>
    </tr>
  );
}

/** How the findings changed since an earlier day, with a link to the comparison. */
function Change({ digest, day, older }: HistoryRowProps & { readonly older: string }): JSX.Element {
  const { history, states } = texts;
  const { data: after } = useResource<ImageReport>(reportPath(digest, endOf(day)));
  const { data: before } = useResource<ImageReport>(reportPath(digest, endOf(older)));
  if (before === undefined || after === undefined || !isLoaded(before) || !isLoaded(after))
    return <>{states.none}</>;
  const text = history.changes(countChanges(before.matches, after.matches));
  return (
    <>
      {text === '' ? (
        history.same
      ) : (
        <a href={hrefOf('/diff', { asOf: undefined, a: digest, aAsOf: older, b: digest, bAsOf: day })}>
          {text}
        </a>
      )}
      <span class="muted below">{history.since(older)}</span>
    </>
  );
}

/** Whether all advisories of the report were loaded at its time. Without them, a comparison would say little. */
function isLoaded({ coverage }: ImageReport): boolean {
  return coverage.every(({ loadedSince }) => loadedSince === undefined);
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
  return day === undefined ? undefined : endOfDay(day, Date.now());
}
