import { limits } from '../../../core/limits.ts';

/** A setting of the server and its value. */
export type ServerSetting = readonly [name: string, value: string];

/** The settings of a connection string and the defaults of the store. A later one of the same name wins. */
export interface ServerSettings {
  /** Apply to each transaction. */
  readonly ofTransactions: readonly ServerSetting[];
  /** Apply to a connection. Servers that do not know one of them ignore it. */
  readonly ofConnections: readonly ServerSetting[];
}

/** Returns the defaults of the store, followed by the settings of a connection string. */
export function serverSettings(given: readonly ServerSetting[]): ServerSettings {
  return { ofTransactions: [...transactionDefaults, ...given], ofConnections: connectionDefaults };
}

const transactionDefaults: readonly ServerSetting[] = [
  // The lock timeout equals that for SQLite. A client that hangs in a transaction does not block other writers for long.
  ['lock_timeout', String(limits.storeBusyMs)],
  ['idle_in_transaction_session_timeout', String(limits.storeIdleTransactionMs)],
  // Modern disks seek nearly as fast as they read. With the default, matching a large image would read all rows.
  ['random_page_cost', '1.1'],
];

const keepAliveSeconds = String(limits.storeKeepAliveMs / 1000);

const connectionDefaults: readonly ServerSetting[] = [
  // For feeds that are staged in temporary tables. Only sessions that stage use it.
  ['temp_buffers', '32MB'],
  // The server notices a client that vanished while it waits for it, sends to it, or runs its query.
  ['tcp_keepalives_idle', keepAliveSeconds],
  ['tcp_keepalives_interval', '2'],
  ['tcp_keepalives_count', '3'],
  ['tcp_user_timeout', String(limits.storeKeepAliveMs)],
  ['client_connection_check_interval', String(limits.storeKeepAliveMs)],
];

/**
 * Returns a query that applies the settings to a connection and returns how many. It applies none if another process than
 * `serverProcess` runs it: behind a pooler, that process may serve other clients next.
 */
export function connectionQuery(
  { ofConnections, ofTransactions }: ServerSettings,
  serverProcess: number | null,
): string {
  const rows = [
    ...ofConnections.map(([name, value]) => `(${literal(name)}, ${literal(value)}, true)`),
    ...ofTransactions.map(([name, value]) => `(${literal(name)}, ${literal(value)}, false)`),
  ];
  return `select count(set_config(name, value, false))::int as applied
    from (values ${rows.join(', ')}) as setting (name, value, is_optional)
    where pg_backend_pid() = ${serverProcess ?? 'null'}
      and (not is_optional or current_setting(name, true) is not null)`;
}

/** Returns a query that applies the settings until the transaction ends. */
export function transactionQuery(settings: readonly ServerSetting[]): string {
  return `select ${settings.map(([name, value]) => `set_config(${literal(name)}, ${literal(value)}, true)`).join(', ')}`;
}

/** Returns a text as a literal that is the same with every setting of `standard_conforming_strings`. */
function literal(text: string): string {
  const quoted = text.replaceAll("'", "''");
  return quoted.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`;
}
