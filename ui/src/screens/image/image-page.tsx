import type { JSX } from 'preact';
import { type Failure, type Resource, useResource } from '../../api/client.ts';
import { type ImageReport, reportPath } from '../../api/report.ts';
import { Heading, Loaded } from '../../components/states.tsx';
import { CopyButton, Foreign } from '../../components/text.tsx';
import { VerdictChip } from '../../components/verdict.tsx';
import { shortDigest } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { asOfTime } from '../../shell/as-of-picker.tsx';
import { texts } from '../../texts.ts';
import { DiffForm } from '../diff/diff-form.tsx';
import { ExplainDrawer } from './explain-drawer.tsx';
import { FindingsTab } from './findings-tab.tsx';
import { HistoryTab } from './history-tab.tsx';
import { LayersTab } from './layers-tab.tsx';
import { PackagesTab } from './packages-tab.tsx';
import { RawTab } from './raw-tab.tsx';
import { assessmentOf, SummaryTab } from './summary-tab.tsx';
import { WhyNotDrawer } from './why-not.tsx';

const tabs = ['summary', 'findings', 'packages', 'layers', 'history', 'diff', 'raw'] as const;

/** A part of the page of an image. */
type Tab = (typeof tabs)[number];

interface ImagePageProps {
  readonly digest: string;
  readonly tab: string | undefined;
}

/** The report of an image, in parts. */
export function ImagePage({ digest, tab: named }: ImagePageProps): JSX.Element {
  const tab = tabs.find((name) => name === named) ?? 'summary';
  const path = reportPath(digest, asOfTime());
  const resource = useResource<ImageReport>(path);
  const report = resource.data;
  return (
    <>
      <Heading title={report === undefined ? shortDigest(digest) : nameOf(report, digest)}>
        {report !== undefined && <Verdicts report={report} />}
      </Heading>
      <p class="muted digest">
        <code>{digest}</code> <CopyButton text={digest} />
      </p>
      <nav class="tabs" aria-label={texts.image.tabsLabel}>
        {tabs.map((name) => (
          <a
            key={name}
            href={hrefOf(`/images/${digest}/${name}`)}
            {...(name === tab && { 'aria-current': 'page' as const })}
          >
            {texts.image.tabs[name]}
            {report !== undefined && <TabCount tab={name} report={report} />}
          </a>
        ))}
      </nav>
      {mustScanAgain(resource) ? (
        <ScanAgain detail={resource.failure.detail} digest={digest} />
      ) : (
        <Loaded resource={resource} path={path} loadingText={texts.image.loading}>
          {(data) => (
            <>
              <TabContent tab={tab} report={data} digest={digest} />
              <ExplainDrawer report={data} />
              <WhyNotDrawer digest={digest} />
            </>
          )}
        </Loaded>
      )}
    </>
  );
}

/** The verdict on every tab. An image with findings that is not assessed completely has both signs. */
function Verdicts({ report: { verdict, coverage } }: { readonly report: ImageReport }): JSX.Element {
  const isPartial = verdict === 'vulnerable' && coverage.some((one) => assessmentOf(one) !== 'complete');
  return (
    <>
      <VerdictChip verdict={verdict} />
      {isPartial && <VerdictChip verdict="not-assessed" />}
    </>
  );
}

/** Returns the name by which people know an image. */
function nameOf({ target }: ImageReport, digest: string): string {
  return target.names?.[0] ?? (target.reference === '' ? shortDigest(digest) : target.reference);
}

function TabCount({ tab, report }: { readonly tab: Tab; readonly report: ImageReport }): JSX.Element | null {
  const counts: Partial<Record<Tab, number>> = {
    findings: report.matches.length,
    packages: report.packages.length,
    layers: report.layers.length,
  };
  const count = counts[tab];
  return count === undefined ? null : <span class="count">{count}</span>;
}

interface TabContentProps {
  readonly tab: Tab;
  readonly report: ImageReport;
  readonly digest: string;
}

function TabContent({ tab, report, digest }: TabContentProps): JSX.Element {
  switch (tab) {
    case 'summary':
      return <SummaryTab report={report} digest={digest} />;
    case 'findings':
      return <FindingsTab report={report} />;
    case 'packages':
      return <PackagesTab report={report} digest={digest} />;
    case 'layers':
      return <LayersTab report={report} digest={digest} />;
    case 'history':
      return <HistoryTab digest={digest} />;
    case 'diff':
      return <DiffForm fixedA={digest} />;
    case 'raw':
      return <RawTab digest={digest} />;
  }
}

/** Whether the server knows the image and cannot make a report of it. */
function mustScanAgain(
  resource: Resource<ImageReport>,
): resource is Resource<ImageReport> & { readonly failure: Failure } {
  return resource.data === undefined && resource.failure?.status === 409;
}

interface ScanAgainProps {
  readonly detail: string;
  readonly digest: string;
}

/** Says why there is no report, what is known without one, and how to get it. */
function ScanAgain({ detail, digest }: ScanAgainProps): JSX.Element {
  return (
    <div class="empty">
      <p class="empty-title">{texts.image.cannotReport}</p>
      <p>
        <Foreign text={detail} isWhole />
      </p>
      <p>
        <a href={hrefOf('/findings', { image: digest })}>{texts.image.countedFindings}</a>
      </p>
      <p>{texts.image.scanAgain}</p>
      <pre>clair scan IMAGE --server {window.location.origin}</pre>
    </div>
  );
}
