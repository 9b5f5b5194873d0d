import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { failureOf, request } from '../api/client.ts';
import type { NotificationList } from '../api/lists.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { FilterBar, SelectField } from '../components/filters.tsx';
import { ListScreen } from '../components/list-screen.tsx';
import { Foreign } from '../components/text.tsx';
import { formatTime } from '../format.ts';
import { hrefOf } from '../router.ts';
import { texts } from '../texts.ts';

const filterNames = ['state'] as const;

type Notification = NotificationList['notifications'][number];

/** The notifications of the server, with the state of their delivery. */
export function NotificationsScreen(): JSX.Element {
  const { notifications } = texts;
  return (
    <ListScreen<NotificationList>
      title={texts.areas.notifications}
      path="/notifications"
      filterNames={filterNames}
      emptyText={notifications.empty}
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

function timeOr(iso: string | null): string {
  return iso === null ? texts.states.none : formatTime(iso);
}

const columns: readonly Column<Notification>[] = [
  {
    key: 'about',
    title: texts.notifications.about,
    isName: true,
    cell: ({ event, name }) =>
      event === null ? (
        <code>{name}</code>
      ) : (
        <>
          <a href={hrefOf(`/advisories/${encodeURIComponent(event.id)}`)}>
            <Foreign text={event.id} />
          </a>
          <span class="muted below">
            {texts.events.kinds[event.kind]} {event.changed.join(', ')} · {event.source}
          </span>
        </>
      ),
  },
  {
    key: 'state',
    title: texts.notifications.state,
    cell: ({ state }) => texts.notifications.states[state] ?? state,
  },
  { key: 'created', title: texts.notifications.created, cell: ({ createdAt }) => timeOr(createdAt) },
  { key: 'sent', title: texts.notifications.sent, cell: ({ notifiedAt }) => timeOr(notifiedAt) },
  { key: 'due', title: texts.notifications.due, cell: ({ dueAt }) => timeOr(dueAt) },
  { key: 'resend', title: '', cell: ({ name }) => <ResendButton name={name} /> },
];

function ResendButton({ name }: { readonly name: string }): JSX.Element {
  const result = useSignal('');
  const resend = async (): Promise<void> => {
    try {
      await request(`/notifications/${encodeURIComponent(name)}/resend`, { method: 'POST' });
      result.value = texts.notifications.resent;
    } catch (error) {
      result.value = failureOf(error).detail;
    }
  };
  return result.value === '' ? (
    <button type="button" class="small" onClick={() => void resend()}>
      {texts.notifications.resend}
    </button>
  ) : (
    <span role="status">{result.value}</span>
  );
}
