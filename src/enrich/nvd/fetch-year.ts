import { ClairError } from '../../core/errors.ts';
import { readAllBytes } from '../../kit/bytes/bytes.ts';
import type { FeedClient, FetchedFeed, FetchResult } from '../../plugin/index.ts';

/** Maximum size of a `.meta` file, in bytes. Real files have five short lines. */
const metaBytes = 4096;

/**
 * Opens the file of a year, unless its `.meta` file has the last fingerprint. The fingerprint is the SHA-256 of the uncompressed content
 * from `.meta`; `nvdDocuments` verifies it. If a mirror has no `.meta`, the client chooses the fingerprint.
 */
export async function fetchYear(
  year: string,
  client: FeedClient,
  lastFingerprint: string | undefined,
): Promise<FetchResult> {
  const base = `https://nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-${year}`;
  const meta = await client.get(`${base}.meta`);
  const sha256 = typeof meta === 'string' ? undefined : await sha256In(meta);
  if (sha256 === undefined) return client.get(`${base}.json.gz`, lastFingerprint);
  if (sha256 === lastFingerprint) return 'unchanged';
  const content = await client.get(`${base}.json.gz`);
  return typeof content === 'string' ? content : { ...content, fingerprint: sha256 };
}

/** Returns the checksum in a `.meta` file: `sha256:` and upper-case hexadecimal digits on a line. Undefined if it has no checksum. */
async function sha256In({ url, body }: FetchedFeed): Promise<string | undefined> {
  const tooMuch = (): Error => new ClairError('feed-corrupt', `${url} is longer than ${metaBytes} bytes`);
  const text = (await readAllBytes(body, metaBytes, tooMuch)).toString('latin1');
  return /^sha256:([0-9A-F]{64})\s*$/im.exec(text)?.[1]?.toLowerCase();
}
