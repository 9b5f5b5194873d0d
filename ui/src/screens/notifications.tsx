import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { failureOf, request } from '../api/client.ts';
import type { ListedNotification, NotificationList } from '../api/lists.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { FilterBar, SelectField } from '../components/filters.tsx';
import { ListScreen } from '../components/list-screen.tsx';
import { SeverityBadge } from '../components/severity.tsx';
import { failureText } from '../components/states.tsx';
import { Foreign, Time } from '../components/text.tsx';
import { formatAge, formatTime } from '../format.ts';
import { hrefOf } from '../router.ts';
import { texts } from '../texts.ts';

const filterNames = ['state'] as const;

/** The notifications of the server, with the state of their delivery. */
export function NotificationsScreen(): JSX.Element {
  const { notifications } = texts;
  return (
    <ListScreen<NotificationList>
      title={texts.areas.notifications}
      path="/notifications"
      filterNames={filterNames}
      intro={notifications.intro}
      emptyText={notifications.empty}
      emptyHint={notifications.emptyHint}
      csvName="notifications.csv"
      sizeOf={(data) => data.notifications.length}
      filters={
        <FilterBar names={filterNames}>
          <SelectField
            name="state"
            label={notifications.state}
            options={Object.entries(notifications.states)}
          />
        </FilterBar>
      }
    >
      {(data) => (
        <DataTable
          caption={notifications.caption}
          columns={columns}
          rows={data.notifications}
          keyOf={({ name }) => name}
        />
      )}
    </ListScreen>
  );
}

const { notifications: words } = texts;

function ago(iso: string | null): JSX.Element | string {
  return iso === null ? texts.states.none : <Time iso={iso}>{formatAge(iso, Date.now())}</Time>;
}

const columns: readonly Column<ListedNotification>[] = [
  {
    key: 'about',
    title: words.about,
    isName: true,
    cell: (notification) => <Subject notification={notification} />,
  },
  {
    key: 'severity',
    title: texts.events.severity,
    cell: ({ event }) =>
      event?.severity.after == null ? texts.states.none : <SeverityBadge severity={event.severity.after} />,
  },
  {
    key: 'state',
    title: words.state,
    cell: ({ state }) => (
      <span class={`notification-state notification-${state}`}>
        <span aria-hidden="true">{signs[state]}</span> {words.states[state]}
        {state === 'skipped' && <span class="muted below">{words.skippedHint}</span>}
      </span>
    ),
  },
  { key: 'created', title: words.created, cell: ({ createdAt }) => ago(createdAt) },
  { key: 'sent', title: words.sent, cell: ({ notifiedAt }) => ago(notifiedAt) },
  {
    key: 'due',
    title: words.due,
    cell: ({ state, dueAt }) =>
      state !== 'due' || dueAt === null ? texts.states.none : <Time iso={dueAt}>{formatTime(dueAt)}</Time>,
  },
  {
    key: 'resend',
    title: words.actions,
    cell: (notification) => <ResendButton notification={notification} />,
  },
];

const signs: Readonly<Record<ListedNotification['state'], string>> = {
  due: '◔',
  delivered: '●',
  acknowledged: '✓',
  skipped: '◌',
};

interface NotificationProps {
  readonly notification: ListedNotification;
}

/** The change that a notification is about. */
function Subject({ notification: { name, namespace, event } }: NotificationProps): JSX.Element {
  if (event === null)
    return (
      <>
        <code>{name}</code>
        <span class="muted below">{words.eventGone}</span>
      </>
    );
  const parts = [
    [texts.events.kinds[event.kind], event.changed.join(', ')].filter((part) => part !== '').join(': '),
    event.source,
    ...(namespace === null ? [] : [words.system(namespace)]),
  ];
  return (
    <>
      <a href={hrefOf(`/advisories/${encodeURIComponent(event.id)}`)}>
        <Foreign text={event.id} />
      </a>
      <span class="muted below">
        <Foreign text={parts.join(' · ')} />
      </span>
    </>
  );
}

/** A button that makes a notification due again. A client that has acknowledged one does not get it again. */
function ResendButton({ notification: { name, state, event } }: NotificationProps): JSX.Element {
  const result = useSignal('');
  const problem = useSignal('');
  const resend = async (): Promise<void> => {
    try {
      await request(`/notifications/${encodeURIComponent(name)}/resend`, { method: 'POST' });
      result.value = words.resent;
    } catch (error) {
      problem.value = failureText(failureOf(error));
    }
  };
  if (state === 'acknowledged') return <>{texts.states.none}</>;
  if (result.value !== '') return <span role="status">{result.value}</span>;
  return (
    <>
      <button
        type="button"
        class="small"
        aria-label={words.resendTo(event?.id ?? name)}
        onClick={() => void resend()}
      >
        {words.resend}
      </button>
      {problem.value !== '' && (
        <span role="alert" class="bad below">
          {problem.value}
        </span>
      )}
    </>
  );
}
