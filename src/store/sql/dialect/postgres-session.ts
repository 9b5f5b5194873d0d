import { limits } from '../../../core/limits.ts';
import { analyzeStatements, beginOf, type ClientSource, commitOn } from './postgres.ts';
import { runPrefixed, runStatement, type StoreClient } from './postgres-client.ts';
import { CommitInDoubt, fromPostgresError, isConnectionLost } from './postgres-errors.ts';
import { transactionQuery } from './postgres-settings.ts';

/** Settings of a session, which loads a feed: more memory to sort, no timeout, and time to download. */
const sessionSettings = transactionQuery([
  ['work_mem', '64MB'],
  ['statement_timeout', '0'],
  ['jit', 'off'],
  ['idle_in_transaction_session_timeout', String(limits.storeStagingIdleMs)],
]);

/**
 * Runs `work` in one transaction on one client of `clients`. Behind a pooler, nothing but a transaction keeps its process of the server,
 * and with it its temporary tables.
 */
export async function runSession<T>(
  clients: ClientSource,
  work: (clients: ClientSource) => Promise<T>,
): Promise<T> {
  const client = await clients.acquire();
  const inserted = new Map<string, number>();
  // Unless all went well, the state of the connection is unknown, so it is closed.
  let isLost = true;
  try {
    await runPrefixed(client, beginOf(client), { text: sessionSettings });
    const result = await work(sessionOn(client, clients, inserted));
    await commitSession(client, clients);
    isLost = false;
    return result;
  } catch (error) {
    throw fromPostgresError(error, clients.databaseName);
  } finally {
    if (!isLost) await analyze(client, inserted);
    clients.release(client, isLost);
  }
}

function sessionOn(client: StoreClient, clients: ClientSource, inserted: Map<string, number>): ClientSource {
  return {
    databaseName: clients.databaseName,
    session: {
      onInserted: (rows) => {
        for (const [table, count] of rows) inserted.set(table, (inserted.get(table) ?? 0) + count);
      },
    },
    acquire: async () => client,
    release: () => undefined,
    runWatched: (one, query) => clients.runWatched(one, query),
    end: async () => undefined,
  };
}

async function commitSession(client: StoreClient, clients: ClientSource): Promise<void> {
  try {
    await clients.runWatched(client, () => commitOn(client));
  } catch (error) {
    throw isConnectionLost(error) ? new CommitInDoubt('the connection was lost', { cause: error }) : error;
  }
}

/** The written rows are committed whether this succeeds or not. */
async function analyze(client: StoreClient, inserted: ReadonlyMap<string, number>): Promise<void> {
  try {
    for (const text of analyzeStatements(inserted))
      await runStatement(client, { text }, client.perTransaction);
  } catch {
    // The server does it by itself.
  }
}
