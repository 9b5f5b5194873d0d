import type { JSX } from 'preact';
import { useResource } from '../../api/client.ts';
import type { UpgradeList } from '../../api/lists.ts';
import type { Summary } from '../../api/types.ts';
import { LoadedCard } from '../../components/card.tsx';
import { Heading, Loaded } from '../../components/states.tsx';
import { hrefOf } from '../../router.ts';
import { summaryPath } from '../../shell/freshness.tsx';
import { texts } from '../../texts.ts';
import { UpgradeEffect, UpgradeTable } from '../upgrades/upgrade-table.tsx';
import { AgesCard } from './ages.tsx';
import { BySeverity } from './by-severity.tsx';
import { NotAssessedCard } from './not-assessed.tsx';
import { RecentChanges } from './recent-changes.tsx';
import { SinceYesterday } from './since-yesterday.tsx';
import { SourceProblems } from './source-problems.tsx';
import { Strip } from './strip.tsx';
import { Trend } from './trend.tsx';

const upgradesPath = '/upgrades?limit=10';

/** The state of the fleet, what to do first, and what changed. */
export function TodayScreen(): JSX.Element {
  const summary = useResource<Summary>(summaryPath);
  return (
    <>
      <Heading title={texts.areas.today} />
      <Loaded resource={summary} path={summaryPath} space="figures">
        {(data) => <Strip summary={data} />}
      </Loaded>
      <SinceYesterday />
      <LoadedCard<UpgradeList> title={texts.doFirst.title} path={upgradesPath} space="list">
        {(list) =>
          list.upgrades === null || list.upgrades.length === 0 ? (
            <p class="muted">{list.upgrades === null ? texts.today.neverCounted : texts.upgrades.empty}</p>
          ) : (
            <>
              <p class="muted">{texts.doFirst.order}</p>
              <UpgradeEffect list={list} />
              <UpgradeTable upgrades={list.upgrades} />
              <p>
                <a href={hrefOf('/upgrades')}>{texts.doFirst.all}</a>
              </p>
            </>
          )
        }
      </LoadedCard>
      <div class="columns">
        <Trend />
        <RecentChanges />
        <AgesCard />
        {summary.data !== undefined && (
          <>
            <NotAssessedCard images={summary.data.notAssessed} />
            <SourceProblems summary={summary.data} />
            <BySeverity summary={summary.data} />
          </>
        )}
      </div>
    </>
  );
}
