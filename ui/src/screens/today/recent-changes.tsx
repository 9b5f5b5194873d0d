import type { JSX } from 'preact';
import type { AdvisoryEvent, EventList } from '../../api/lists.ts';
import { LoadedCard } from '../../components/card.tsx';
import { SeverityBadge } from '../../components/severity.tsx';
import { Foreign, Time } from '../../components/text.tsx';
import { formatAge, formatDay, formatNumber } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { texts } from '../../texts.ts';

const path = '/events?limit=200';
const eventsShown = 6;

/** The last changes of advisories, first as numbers by source. */
export function RecentChanges(): JSX.Element {
  return (
    <LoadedCard<EventList> title={texts.events.title} path={path}>
      {({ events, next }) =>
        events.length === 0 ? (
          <p class="muted">{texts.events.none}</p>
        ) : (
          <>
            <Groups events={events} isCut={next !== undefined} />
            <ul class="plain events">
              {events.slice(0, eventsShown).map((event) => (
                <EventLine key={event.number} event={event} />
              ))}
            </ul>
            <p>
              <a href={hrefOf('/changes')}>{texts.events.all}</a>
            </p>
          </>
        )
      }
    </LoadedCard>
  );
}

/** The numbers of changes of the newest day, by source and kind. Each leads to its list. */
function Groups({
  events,
  isCut,
}: {
  readonly events: readonly AdvisoryEvent[];
  readonly isCut: boolean;
}): JSX.Element {
  const day = formatDay(events[0]?.at ?? '');
  const ofDay = events.filter(({ at }) => formatDay(at) === day);
  const groups = Map.groupBy(ofDay, ({ source, kind }) => `${source}\n${kind}`);
  const isPartial = isCut && ofDay.length === events.length;
  return (
    <p>
      <strong>{day}</strong>{' '}
      {[...groups.values()].map((group) => {
        const [{ source, kind } = { source: '', kind: 'new' as const }] = group;
        const count = `${formatNumber(group.length)}${isPartial ? '+' : ''}`;
        return (
          <a key={`${source} ${kind}`} class="tag" href={hrefOf('/changes', { day, kind })}>
            {`${count} ${texts.events.kinds[kind]}, ${source}`}
          </a>
        );
      })}
    </p>
  );
}

/** One change of an advisory. */
function EventLine({
  event: { id, kind, changed, at, severity },
}: {
  readonly event: AdvisoryEvent;
}): JSX.Element {
  const shown = severity.after ?? severity.before;
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
