import type { JSX } from 'preact';
import type { Coverage, ImageReport, ReportRatings } from '../../api/report.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { SeverityBar, SeverityNumbers } from '../../components/severity.tsx';
import { Foreign } from '../../components/text.tsx';
import { formatCreated, formatDay } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { countSeverities } from '../../severity.ts';
import { texts } from '../../texts.ts';
import { FixFirst } from './fix-first.tsx';
import { Problems } from './problems.tsx';

interface SummaryTabProps {
  readonly report: ImageReport;
  readonly digest: string;
}

/** Verdict, coverage, and what to fix first. */
export function SummaryTab({ report, digest }: SummaryTabProps): JSX.Element {
  const findingsOf = (query: Record<string, string>): string => hrefOf(`/images/${digest}/findings`, query);
  const counts = countSeverities(report.matches.map(({ vulnerability }) => vulnerability.severity));
  const exploited = report.matches.filter(({ vulnerability }) => vulnerability.kev === true).length;
  return (
    <div class="columns">
      <section class="card">
        <VerdictText report={report} />
        {report.matches.length > 0 && (
          <>
            <SeverityBar counts={counts} />
            <SeverityNumbers counts={counts} hrefOf={(severity) => findingsOf({ severity })} />
          </>
        )}
        {exploited > 0 && (
          <p>
            <a class="bad" href={findingsOf({ exploited: 'true' })}>
              ▲ {texts.image.exploitedOne(exploited)}
            </a>
          </p>
        )}
        {report.suppressed.length > 0 && (
          <p class="muted">{texts.image.suppressed(report.suppressed.length)}</p>
        )}
        <Facts report={report} digest={digest} />
      </section>
      <section class="card">
        <h2>{texts.image.coverage}</h2>
        <CoverageTable coverage={report.coverage} />
        {report.ratings !== undefined && report.matches.length > 0 && <Ratings ratings={report.ratings} />}
        <Problems statuses={report.statuses} />
      </section>
      {report.matches.length > 0 && (
        <section class="card wide">
          <h2>{texts.image.fixFirst}</h2>
          <FixFirst digest={digest} />
        </section>
      )}
    </div>
  );
}

function VerdictText({ report }: { readonly report: ImageReport }): JSX.Element {
  const { verdict, matches, coverage } = report;
  const fixable = matches.filter(({ fix }) => fix.state === 'fixed').length;
  const gaps = coverage.filter((one) => assessmentOf(one) !== 'complete');
  const { image } = texts;
  const sentence =
    verdict === 'vulnerable'
      ? image.verdictVulnerable(matches.length, fixable)
      : verdict === 'clean'
        ? image.verdictClean
        : image.verdictNotAssessed;
  return (
    <>
      <p class="verdict-text">{sentence}</p>
      {gaps.length > 0 && (
        <div class="notice notice-warning">
          <p>{image.notEverything}</p>
          <ul>
            {gaps.map(({ namespace, status, reason }) => (
              <li key={namespace}>
                <Foreign text={`${namespace}: ${reason ?? image.coverageStatus[status]}`} isWhole />
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

function Facts({ report, digest }: SummaryTabProps): JSX.Element {
  const { target, distro, layers, packages } = report;
  const { image } = texts;
  const rows: (readonly [string, JSX.Element | string])[] = [
    [image.system, <Foreign key="system" text={distro?.prettyName ?? distro?.id ?? texts.states.notKnown} />],
    [image.platform, target.platform ?? texts.states.notKnown],
    [image.created, formatCreated(target.created) ?? texts.states.notKnown],
    [
      image.layers,
      <a key="layers" href={hrefOf(`/images/${digest}/layers`)}>
        {layers.length}
      </a>,
    ],
    [
      image.packages,
      <a key="packages" href={hrefOf(`/images/${digest}/packages`)}>
        {packages.length}
      </a>,
    ],
  ];
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {(target.names ?? []).length > 0 && (
        <div>
          <dt>{image.names}</dt>
          <dd>
            {target.names?.map((name) => (
              <div key={name}>
                <Foreign text={name} />
              </div>
            ))}
          </dd>
        </div>
      )}
    </dl>
  );
}

const coverageSigns = { complete: '✓', gap: '◔', stale: '◔', missing: '◌', unsupported: '◌' };

/** Returns what the page says of the advisories of a namespace. All may be loaded, and yet leave a gap: a vendor may write no more of them. */
export function assessmentOf({ status, reason }: Coverage): keyof typeof coverageSigns {
  return status === 'complete' && (reason ?? '') !== '' ? 'gap' : status;
}

function CoverageTable({ coverage }: { readonly coverage: readonly Coverage[] }): JSX.Element {
  const { image } = texts;
  const columns: Column<Coverage>[] = [
    {
      key: 'namespace',
      title: texts.images.namespaces,
      isName: true,
      cell: ({ namespace }) => <Foreign text={namespace} />,
    },
    {
      key: 'status',
      title: image.advisories,
      cell: (one) => {
        const shown = assessmentOf(one);
        return (
          <span class={`coverage coverage-${shown}`}>
            <span aria-hidden="true">{coverageSigns[shown]}</span> {image.coverageStatus[shown]}
          </span>
        );
      },
    },
    {
      key: 'newest',
      title: image.newest,
      cell: ({ newestAdvisory, contentDate }) => dayOr(newestAdvisory ?? contentDate),
    },
    { key: 'fetched', title: image.fetched, cell: ({ fetchedAt }) => dayOr(fetchedAt) },
  ];
  return (
    <DataTable
      caption={image.coverage}
      columns={columns}
      rows={coverage}
      keyOf={({ namespace }) => namespace}
    />
  );
}

function dayOr(iso: string | null | undefined): string {
  return iso === null || iso === undefined ? texts.states.notKnown : formatDay(iso);
}

function Ratings({ ratings }: { readonly ratings: ReportRatings }): JSX.Element {
  return (
    <>
      <h3>{texts.image.ratings}</h3>
      <ul class="plain">
        {(ratings.lists ?? []).map(({ source, status, contentDate, reason }) => (
          <li key={source}>
            <strong>{source}</strong> {dayOr(contentDate)}
            {status !== 'complete' && <span class="muted"> · {reason ?? texts.image.ratingsStale}</span>}
          </li>
        ))}
      </ul>
      {ratings.reason !== null && <p class="muted">{ratings.reason}</p>}
    </>
  );
}
