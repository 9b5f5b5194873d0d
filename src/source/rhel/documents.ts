import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { readAllBytes } from '../../kit/bytes/bytes.ts';
import type { FeedClient, FetchedFeed, FetchResult } from '../../plugin/index.ts';

const base = 'https://security.access.redhat.com/data/csaf/v2/vex';
/** With more changes than this, a newer archive is the shorter way, if there is one. */
const changesMax = 2000;
/** The list of changes is written before some of the files it names. Changes of this period are read again. */
const overlapMs = 6 * 3_600_000;
/** A list without lines states no changes. */
const list = { mayBeEmpty: true } as const;

/** The state of the last read: its time, and the lists at that time. */
interface VexCheckpoint {
  readonly until: string;
  readonly changes: string;
  readonly deletions: string;
}

interface ChangeEntry {
  readonly path: string;
  readonly time: string;
}

/** Opens the archive of all documents, or the documents that changed since the last read. */
export async function openDocuments(client: FeedClient, fingerprint?: string): Promise<FetchResult> {
  const checkpoint = parseCheckpoint(fingerprint);
  if (checkpoint === undefined) return openArchive(client);
  const [changes, deletions] = await Promise.all([
    client.get(`${base}/changes.csv`, checkpoint.changes, list),
    client.get(`${base}/deletions.csv`, checkpoint.deletions, list),
  ]);
  if (changes === 'absent') return openArchive(client);
  if (changes === 'unchanged' && typeof deletions === 'string') return 'unchanged';
  return openChanges(client, checkpoint, changes, deletions);
}

function parseCheckpoint(fingerprint: string | undefined): VexCheckpoint | undefined {
  try {
    const { until, changes, deletions } = JSON.parse(fingerprint ?? '') as Partial<VexCheckpoint>;
    const isValid = !Number.isNaN(Date.parse(until ?? '')) && typeof changes === 'string';
    return isValid ? { until: until ?? '', changes, deletions: deletions ?? '' } : undefined;
  } catch {
    return undefined; // A fingerprint of another client: read everything.
  }
}

async function openArchive(client: FeedClient): Promise<FetchResult> {
  const latest = await client.get(`${base}/archive_latest.txt`);
  if (latest === 'absent' || latest === 'unchanged') return 'absent';
  const name = (await textOf(latest)).trim();
  const date = /^csaf_vex_(\d{4}-\d\d-\d\d)\.tar\.(zst|xz|gz|bz2)$/.exec(name)?.[1];
  if (date === undefined) throw damaged(latest.url, 'it names no archive');
  const archive = await client.get(`${base}/${name}`);
  if (archive === 'absent' || archive === 'unchanged') return 'absent';
  const checkpoint: VexCheckpoint = { until: `${date}T00:00:00Z`, changes: '', deletions: '' };
  return { ...archive, fingerprint: JSON.stringify(checkpoint) };
}

async function openChanges(
  client: FeedClient,
  checkpoint: VexCheckpoint,
  changes: FetchResult,
  deletions: FetchResult,
): Promise<FetchResult> {
  const since = new Date(Date.parse(checkpoint.until) - overlapMs).toISOString();
  const changed = newer(await entriesOf(changes), since);
  const deleted = newer(await entriesOf(deletions), since);
  if (changed.length > changesMax) {
    const archive = await openArchive(client);
    if (typeof archive === 'object' && (parseCheckpoint(archive.fingerprint)?.until ?? '') > checkpoint.until)
      return archive;
    if (typeof archive === 'object') await archive.body[Symbol.asyncIterator]().return?.();
  }
  const [until = checkpoint.until] = [checkpoint.until, ...changed.map(({ time }) => time)].sort().reverse();
  return {
    url: `${base}/changes.csv`,
    body: documents(client, changed, deleted),
    fingerprint: JSON.stringify({
      until,
      changes: nextFingerprint(changes, checkpoint.changes),
      deletions: nextFingerprint(deletions, checkpoint.deletions),
    }),
    extent: 'changes',
  };
}

function nextFingerprint(result: FetchResult, lastFingerprint: string): string {
  return typeof result === 'object' ? result.fingerprint : lastFingerprint;
}

/** Parses rows of `"2024/cve-2024-1234.json","2024-05-01T10:00:00+00:00"`. */
async function entriesOf(result: FetchResult): Promise<ChangeEntry[]> {
  if (typeof result !== 'object') return [];
  const lines = (await textOf(result)).split(/\r?\n/).filter((line) => line !== '');
  return lines.map((line, index) => {
    const [, path, time] = /^"?(\d{4}\/cve-\d{4}-\d+\.json)"?,"?([^",]+)"?$/.exec(line) ?? [];
    const at = new Date(time ?? '');
    if (path === undefined || Number.isNaN(at.getTime())) {
      throw damaged(result.url, `line ${index + 1} is neither a document nor a time`);
    }
    return { path, time: at.toISOString() };
  });
}

function newer(entries: readonly ChangeEntry[], since: string): ChangeEntry[] {
  return entries.filter(({ time }) => time >= since);
}

/** Yields the documents as one JSON object by path, fetched one after the other. A deleted document is null. */
async function* documents(
  client: FeedClient,
  changed: readonly ChangeEntry[],
  deleted: readonly ChangeEntry[],
): AsyncGenerator<Uint8Array> {
  const deletedPaths = new Set(deleted.map(({ path }) => path));
  let separator = '{';
  for (const path of new Set([...changed.map((entry) => entry.path), ...deletedPaths])) {
    const document = deletedPaths.has(path) ? 'absent' : await client.get(`${base}/${path}`);
    yield Buffer.from(`${separator}${JSON.stringify(path)}:`);
    if (typeof document === 'object') yield* document.body;
    else yield Buffer.from('null');
    separator = ',';
  }
  yield Buffer.from(separator === '{' ? '{}' : '}');
}

async function textOf({ url, body }: FetchedFeed): Promise<string> {
  const limitError = (): Error => damaged(url, `longer than ${limits.feedRecordBytes} bytes`);
  return (await readAllBytes(body, limits.feedRecordBytes, limitError)).toString();
}

function damaged(url: string, reason: string): ClairError {
  return new ClairError(
    'feed-corrupt',
    `${url} is damaged: ${reason}. Try again later, or check the mirror.`,
  );
}
