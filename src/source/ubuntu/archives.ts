import type { FeedClient, FetchedFeed, FetchResult } from '../../plugin/index.ts';

const host = 'https://security-metadata.canonical.com';
const osvArchive = `${host}/osv/osv-all.tar.xz`;
const vexArchive = `${host}/vex/vex-all.tar.xz`;
const trackerArchive =
  'https://git.launchpad.net/ubuntu-cve-tracker/snapshot/ubuntu-cve-tracker-master.tar.gz';

/** The OSV archive, and the VEX archive with the reasons for missing fixes. */
export interface FetchedArchives extends FetchedFeed {
  readonly vex?: FetchedFeed;
}

/**
 * Opens the OSV archive and the VEX archive, or the archive of the CVE tracker if there is no OSV archive. The
 * fingerprint has those of both; if either has changed, both are read.
 */
export async function fetchArchives(
  client: FeedClient,
  lastFingerprint: string | undefined,
): Promise<FetchedArchives | 'unchanged' | 'absent'> {
  const [lastOsv, lastVex] = fingerprintsIn(lastFingerprint);
  const osv = await client.get(osvArchive, lastOsv);
  if (osv === 'absent') return client.get(trackerArchive, lastFingerprint);
  const vex = await client.get(vexArchive, lastVex);
  if (osv === 'unchanged' && (vex === 'unchanged' || (vex === 'absent' && !lastVex))) return 'unchanged';
  const osvContent = await openUnchanged(osvArchive, osv, client);
  const vexContent = await openUnchanged(vexArchive, vex, client);
  if (osvContent === undefined) return 'absent';
  const fingerprint = JSON.stringify([osvContent.fingerprint, vexContent?.fingerprint ?? '']);
  if (vexContent === undefined) return { ...osvContent, fingerprint };
  return { ...osvContent, fingerprint, vex: vexContent, body: await openLazily(osvContent, client) };
}

/**
 * Opens the OSV archive when it is read: reading the VEX archive first takes minutes, and the server would close an
 * idle connection.
 */
async function openLazily({ body }: FetchedFeed, client: FeedClient): Promise<AsyncIterable<Uint8Array>> {
  // The reader closes the connection when it stops.
  for await (const piece of body) if (piece.length > 0) break;
  return (async function* (): AsyncGenerator<Uint8Array> {
    const content = await client.get(osvArchive);
    if (typeof content !== 'string') yield* content.body;
  })();
}

/** Parses a fingerprint. One of another client gives no condition. */
function fingerprintsIn(lastFingerprint: string | undefined): [osv?: string, vex?: string] {
  if (!lastFingerprint?.startsWith('["')) return [];
  const [osv, vex] = JSON.parse(lastFingerprint) as [string, string];
  return vex === '' ? [osv] : [osv, vex];
}

/** Opens an unchanged archive if the other one has changed. */
async function openUnchanged(
  url: string,
  result: FetchResult,
  client: FeedClient,
): Promise<FetchedFeed | undefined> {
  const content = result === 'unchanged' ? await client.get(url) : result;
  return typeof content === 'string' ? undefined : content;
}
