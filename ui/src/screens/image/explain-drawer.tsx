import type { ComponentChildren, JSX } from 'preact';
import type { Coverage, Evidence, Finding, ImageReport } from '../../api/report.ts';
import { Dialog } from '../../components/dialog.tsx';
import { FixCell, rangeText } from '../../components/fix.tsx';
import { Ratings } from '../../components/ratings.tsx';
import { SeverityBadge } from '../../components/severity.tsx';
import { Foreign, OutsideLink } from '../../components/text.tsx';
import { formatDay } from '../../format.ts';
import { hrefOf, hrefWith, navigate, place } from '../../router.ts';
import { texts } from '../../texts.ts';
import { explainKey, layerNumber } from './finding-parts.ts';

/** Why a finding is in the report. It opens if the address names one. */
export function ExplainDrawer({ report }: { readonly report: ImageReport }): JSX.Element | null {
  const key = place.value.query.get('explain');
  if (key === null) return null;
  const finding = report.matches.find((candidate) => explainKey(candidate) === key);
  const close = (): void => {
    navigate(hrefWith({ explain: undefined }), { replaces: true });
  };
  return (
    <Dialog
      kind="drawer"
      title={finding?.vulnerability.id ?? texts.explain.title}
      closeText={texts.explain.close}
      onClose={close}
    >
      {finding === undefined ? (
        <p>{texts.explain.gone}</p>
      ) : (
        <Explanation finding={finding} report={report} />
      )}
    </Dialog>
  );
}

function Explanation({
  finding,
  report,
}: {
  readonly finding: Finding;
  readonly report: ImageReport;
}): JSX.Element {
  const { vulnerability, evidence } = finding;
  const { explain } = texts;
  return (
    <>
      <p>
        <SeverityBadge severity={vulnerability.severity} />{' '}
        {vulnerability.severitySource !== null && (
          <span class="muted">{explain.ratedBy(vulnerability.severitySource)}</span>
        )}
      </p>
      {vulnerability.description !== null && (
        <p class="description">
          <Foreign text={vulnerability.description} isWhole />
        </p>
      )}
      <Part title={explain.title}>
        {evidence.map((row) => (
          <EvidenceRow
            key={`${row.source} ${row.advisory} ${row.namespace}`}
            row={row}
            coverage={report.coverage.find(({ namespace }) => namespace === row.namespace)}
          />
        ))}
      </Part>
      <Part title={explain.where}>
        <Where finding={finding} report={report} />
      </Part>
      <Part title={explain.fix}>
        <FixCell fix={finding.fix} />
        {finding.fix.availableSince !== undefined && (
          <span class="muted"> · {explain.since(formatDay(finding.fix.availableSince))}</span>
        )}
      </Part>
      <Part title={explain.ratings}>
        <Ratings {...vulnerability} lists={report.ratings?.lists ?? []} />
      </Part>
      <Part title={explain.links}>
        <ul class="plain">
          <li>
            <a href={hrefOf(`/advisories/${encodeURIComponent(vulnerability.id)}`)}>{explain.openAdvisory}</a>
          </li>
          {vulnerability.links.map((link) => (
            <li key={link}>
              <OutsideLink href={link} />
            </li>
          ))}
        </ul>
      </Part>
    </>
  );
}

function Part({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** One row of an advisory with the comparison that decided. */
function EvidenceRow({
  row,
  coverage,
}: {
  readonly row: Evidence;
  readonly coverage: Coverage | undefined;
}): JSX.Element {
  const { explain } = texts;
  const contentDate = coverage?.contentDate ?? coverage?.newestAdvisory;
  return (
    <div class="evidence">
      <p class="comparison">
        <span>
          <span class="muted">{explain.installed}</span>{' '}
          <code>
            <Foreign text={row.installed} isWhole />
          </code>
        </span>
        <span>
          <span class="muted">{explain.affected}</span>{' '}
          <code>
            <Foreign text={rangeText(row.range)} isWhole />
          </code>
        </span>
      </p>
      <p class="muted">
        <Foreign text={`${row.source}, ${row.advisory}: ${row.package} in ${row.namespace}.`} isWhole />{' '}
        {explain.decided(row.versionScheme)}
      </p>
      <p class="muted">
        {contentDate === undefined || contentDate === null
          ? explain.undated
          : explain.contentOf(formatDay(contentDate))}{' '}
        {coverage?.fetchedAt && explain.fetched(formatDay(coverage.fetchedAt))}
      </p>
    </div>
  );
}

function Where({
  finding,
  report,
}: {
  readonly finding: Finding;
  readonly report: ImageReport;
}): JSX.Element {
  const { location, parent, name, version } = finding.package;
  const number = layerNumber(location.layer, report);
  const createdBy = report.layers[Number(number) - 1]?.createdBy ?? '';
  return (
    <>
      <p>
        <strong>
          <Foreign text={`${name} ${version}`} isWhole />
        </strong>
        {parent !== undefined && <span class="muted"> · {texts.packages.parent(parent.name)}</span>}
      </p>
      <p>
        <code>
          <Foreign text={`/${location.path}`} isWhole />
        </code>
        {number !== '' && ` · ${texts.explain.layer(Number(number), report.layers.length)}`}
      </p>
      {createdBy !== '' && (
        <pre class="instruction">
          <Foreign text={createdBy} isWhole />
        </pre>
      )}
    </>
  );
}
