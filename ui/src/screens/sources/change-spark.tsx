import type { JSX } from 'preact';
import type { Source } from '../../api/lists.ts';
import { formatDay, formatNumber } from '../../format.ts';
import { texts } from '../../texts.ts';

const sparkDays = 30;
const barWidth = 4;
const height = 24;
const dayMs = 24 * 60 * 60 * 1000;

interface ChangeSparkProps extends Pick<Source, 'feeds'> {
  /** The first day whose changes are counted. Null if no change is known. */
  readonly since: string | null;
}

/** The numbers of changes of the last days as small bars. Days that were not counted have no bar. */
export function ChangeSpark({ feeds, since }: ChangeSparkProps): JSX.Element {
  if (since === null) return <span class="spark muted">{texts.sources.noChangeKnown}</span>;
  const days = lastDays().filter((day) => day >= since);
  const counts = countsByDay(feeds);
  const values = days.map((day) => counts.get(day) ?? 0);
  const highest = Math.max(1, ...values);
  const all = values.reduce((sum, value) => sum + value, 0);
  return (
    <span class="spark">
      <svg width={days.length * barWidth} height={height} aria-hidden="true">
        {days.map((day, index) => {
          const value = values[index] ?? 0;
          const tall = value === 0 ? 1 : Math.max(2, (value / highest) * height);
          return <rect key={day} x={index * barWidth} y={height - tall} width={barWidth - 1} height={tall} />;
        })}
      </svg>
      <span class="muted">{texts.sources.changesSince(formatNumber(all), days[0] ?? since)}</span>
    </span>
  );
}

function lastDays(): string[] {
  const today = Date.now();
  return Array.from({ length: sparkDays }, (_, index) =>
    formatDay(new Date(today - (sparkDays - 1 - index) * dayMs).toISOString()),
  );
}

function countsByDay(feeds: Source['feeds']): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { days } of feeds)
    for (const { day, new: added, changed, withdrawn } of days)
      counts.set(day, (counts.get(day) ?? 0) + added + changed + withdrawn);
  return counts;
}
