import type { JSX } from 'preact';
import { useResource } from '../../api/client.ts';
import type { EventCounts, EventList, ListedEvent } from '../../api/lists.ts';
import { LoadedCard } from '../../components/card.tsx';
import { SeverityBadge, SeverityNumbers } from '../../components/severity.tsx';
import { Loaded } from '../../components/states.tsx';
import { Foreign, Time } from '../../components/text.tsx';
import { formatAge, formatNumber } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import type { SeverityCounts } from '../../severity.ts';
import { texts } from '../../texts.ts';

const countsPath = '/events/counts';
const eventsPath = '/events?limit=6';

/** The changes of advisories of the newest day as numbers, and the last of them. */
export function RecentChanges(): JSX.Element {
  const events = useResource<EventList>(eventsPath);
  return (
    <LoadedCard<EventCounts> title={texts.events.title} path={countsPath}>
      {({ day, complete, counts }) =>
        day === null ? (
          <p class="muted">{texts.events.none}</p>
        ) : (
          <>
            <h3>{day}</h3>
            <DayCounts day={day} counts={counts} />
            {!complete && <p class="muted">{texts.events.notAllCounted}</p>}
            <Loaded resource={events} path={eventsPath}>
              {(list) => (
                <ul class="plain events">
                  {list.events.map((event) => (
                    <EventLine key={event.number} event={event} />
                  ))}
                </ul>
              )}
            </Loaded>
            <p>
              <a href={hrefOf('/changes')}>{texts.events.all}</a>
            </p>
          </>
        )
      }
    </LoadedCard>
  );
}

type Counts = EventCounts['counts'];

/** The numbers of changes of a day by kind, and by the severity that images have them with. Each leads to its list. */
function DayCounts({ day, counts }: { readonly day: string; readonly counts: Counts }): JSX.Element {
  return (
    <dl class="inline-facts">
      {[...Map.groupBy(counts, ({ kind }) => kind)].map(([kind, ofKind]) => {
        const hidden = ofKind.find(({ rating }) => rating === null)?.events ?? 0;
        return (
          <div key={kind}>
            <dt>{texts.events.kinds[kind]}</dt>
            <dd>
              <SeverityNumbers
                counts={countsOf(ofKind)}
                hrefOf={(rating) => hrefOf('/changes', { day, kind, rating })}
              />{' '}
              {hidden > 0 && (
                <a class="tag" href={hrefOf('/changes', { day, kind, rating: 'none' })}>
                  {texts.events.noImage(formatNumber(hidden))}
                </a>
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function countsOf(counts: Counts): SeverityCounts {
  return Object.fromEntries(
    counts.flatMap(({ rating, events }) => (rating === null ? [] : [[rating, events]])),
  );
}

/** One change of an advisory. Its severity is that of images; without one, that of the advisory. */
function EventLine({
  event: { id, kind, changed, at, severity, rating },
}: {
  readonly event: ListedEvent;
}): JSX.Element {
  const shown = rating ?? severity.after ?? severity.before;
  return (
    <li>
      <a href={hrefOf(`/advisories/${encodeURIComponent(id)}`)}>
        <Foreign text={id} />
      </a>{' '}
      {texts.events.kinds[kind]}
      {changed.length > 0 && <span class="muted"> {changed.join(', ')}</span>}{' '}
      {shown !== null && <SeverityBadge severity={shown} />}{' '}
      <span class="muted">
        <Time iso={at}>{formatAge(at, Date.now())}</Time>
      </span>
    </li>
  );
}
