import type { FeedAnswer, FeedClient, Fetched } from '../../plugin/index.ts';

const host = 'https://security-metadata.canonical.com';
const osvArchive = `${host}/osv/osv-all.tar.xz`;
const vexArchive = `${host}/vex/vex-all.tar.xz`;
const trackerArchive =
  'https://git.launchpad.net/ubuntu-cve-tracker/snapshot/ubuntu-cve-tracker-master.tar.gz';

/** The OSV archive, and the VEX archive that says why something has no fix. */
export interface FetchedArchives extends Fetched {
  readonly vex?: Fetched;
}

/**
 * Opens the OSV archive and the VEX archive, or the archive of the CVE tracker where there is no OSV archive. The fingerprint
 * holds those of both; when either has changed, both are read.
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
 * The OSV archive, opened when it is read: the VEX archive is read before it, for minutes, and no server waits so long for
 * somebody to take the next byte.
 */
async function openLazily({ body }: Fetched, client: FeedClient): Promise<AsyncIterable<Uint8Array>> {
  // The connection is closed by whoever reads and stops.
  for await (const piece of body) if (piece.length > 0) break;
  return (async function* (): AsyncGenerator<Uint8Array> {
    const content = await client.get(osvArchive);
    if (typeof content !== 'string') yield* content.body;
  })();
}

/** A fingerprint of another make asks for no condition. */
function fingerprintsIn(lastFingerprint: string | undefined): [osv?: string, vex?: string] {
  if (!lastFingerprint?.startsWith('["')) return [];
  const [osv, vex] = JSON.parse(lastFingerprint) as [string, string];
  return vex === '' ? [osv] : [osv, vex];
}

/** What had not changed is opened all the same when the other has. */
async function openUnchanged(
  url: string,
  result: FeedAnswer,
  client: FeedClient,
): Promise<Fetched | undefined> {
  const content = result === 'unchanged' ? await client.get(url) : result;
  return typeof content === 'string' ? undefined : content;
}
