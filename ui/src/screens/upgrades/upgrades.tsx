import type { JSX } from 'preact';
import { pathOf, useResource } from '../../api/client.ts';
import type { FindingSum, UpgradeList } from '../../api/lists.ts';
import type { Summary } from '../../api/types.ts';
import { FilterBar, SelectField, TextField } from '../../components/filters.tsx';
import { DownloadButton, ExportButton } from '../../components/pages.tsx';
import { SeverityBar, SeverityNumbers } from '../../components/severity.tsx';
import { Empty, Heading, Loaded, NothingMatches } from '../../components/states.tsx';
import { formatNumber, formatTime } from '../../format.ts';
import { hrefOf, place } from '../../router.ts';
import { summaryPath } from '../../shell/freshness.tsx';
import { texts } from '../../texts.ts';
import { UpgradeViews } from '../bases/base-parts.tsx';
import { UpgradeTable } from './upgrade-table.tsx';

const filterNames = ['repository', 'label', 'limit'] as const;
const limits: readonly number[] = [10, 20, 50, 100];

/** What to upgrade in the fleet, in one repository, or in images with a label, by the risk that it removes. */
export function UpgradesScreen(): JSX.Element {
  const { query } = place.value;
  const repository = query.get('repository') ?? undefined;
  const label = query.get('label') ?? undefined;
  const path = pathOf('/upgrades', { repository, label, limit: query.get('limit') ?? String(limits[1]) });
  const resource = useResource<UpgradeList>(path);
  const { upgrades } = texts;
  return (
    <>
      <Heading title={texts.areas.upgrades}>
        <span class="actions">
          <DownloadButton path={path} accept="text/markdown" name="upgrades.md" label={upgrades.markdown} />
          <ExportButton path={path} name="upgrades.csv" />
        </span>
      </Heading>
      <UpgradeViews />
      <p class="muted">
        {upgrades.explanation} {upgrades.noRules}
      </p>
      <ScoreWarning />
      <FilterBar names={filterNames}>
        <TextField
          name="repository"
          label={texts.filters.repository}
          placeholder="registry.example/shop/web"
        />
        <TextField name="label" label={texts.filters.label} placeholder="team=shop" />
        <SelectField
          name="limit"
          label={upgrades.show}
          options={limits.map((limit) => [String(limit), upgrades.first(limit)])}
          anyText={upgrades.first(limits[1] ?? 0)}
        />
      </FilterBar>
      <Loaded resource={resource} path={path}>
        {(data) => <Plan list={data} />}
      </Loaded>
    </>
  );
}

/** Says that the order relies on missing or old scores of exploitation. */
function ScoreWarning(): JSX.Element | null {
  const { data } = useResource<Summary>(summaryPath);
  const warning = data === undefined ? undefined : scoreWarning(data.sources);
  if (warning === undefined) return null;
  return (
    <p class="notice notice-warning">
      {warning} <a href={hrefOf('/sources', { q: 'epss' })}>{texts.areas.sources}</a>
    </p>
  );
}

/** Returns what is wrong with the scores of EPSS. Undefined if they are current. */
function scoreWarning(sources: Summary['sources']): string | undefined {
  const epss = sources.find(({ source }) => source === 'epss');
  if (epss === undefined) return texts.upgrades.noScores;
  return epss.state === 'current'
    ? undefined
    : texts.upgrades.oldScores(epss.reason ?? texts.states.notKnown);
}

function Plan({ list }: { readonly list: UpgradeList }): JSX.Element {
  const { upgrades, before, after, countedAt, hasImages, weights } = list;
  const { upgrades: words, today, states } = texts;
  const isScoped = ['repository', 'label'].some((name) => place.value.query.has(name));
  if (upgrades === null || before === null || after === null || countedAt === null)
    return <Empty title={today.neverCounted} />;
  if (!hasImages)
    return (
      <NothingMatches clearHref={hrefOf('/upgrades')} title={states.noImage} hint={states.noImageHint} />
    );
  if (upgrades.length === 0) return <Empty title={isScoped ? words.emptyScope : words.empty} />;
  return (
    <>
      <div class="compared">
        <Sum title={words.before} sum={before} isLinked={!isScoped} />
        <Sum title={words.after(upgrades.length)} sum={after} isLinked={false} />
      </div>
      <p class="muted">
        {words.countedAt(formatTime(countedAt))}{' '}
        {weights.length > 0 &&
          words.weights(weights.map(({ label, weight }) => `${label} ×${weight}`).join(', '))}
      </p>
      <UpgradeTable upgrades={upgrades} />
    </>
  );
}

interface SumProps {
  readonly title: string;
  readonly sum: FindingSum;
  /** Whether a list of the fleet has these findings. */
  readonly isLinked: boolean;
}

function Sum({ title, sum, isLinked }: SumProps): JSX.Element {
  const { upgrades } = texts;
  return (
    <section class="card">
      <div class="heading">
        <h2>{title}</h2>
        <span class="muted">{upgrades.findings(formatNumber(sum.findings))}</span>
        {sum.exploited > 0 && (
          <span class="exploited">▲ {upgrades.exploited(formatNumber(sum.exploited))}</span>
        )}
      </div>
      <SeverityBar counts={sum} />
      <SeverityNumbers
        counts={sum}
        {...(isLinked && { hrefOf: (severity) => hrefOf('/findings', { severity }) })}
      />
    </section>
  );
}
