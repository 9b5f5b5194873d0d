import * as z from 'zod/mini';
import {
  parseFeedValue,
  parseJsonAt,
  toCorruptFeedError,
  UnexpectedContent,
  verifyChecksum,
} from '../../core/corrupt-feed.ts';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { readAllBytes } from '../../kit/bytes/bytes.ts';
import { compareText } from '../../model/order.ts';
import type { FeedClient, FetchedFeed, FetchResult } from '../../plugin/index.ts';

/** The newest releases of the CVE list, from GitHub's API. */
const releasesUrl = 'https://api.github.com/repos/CVEProject/cvelistV5/releases';
const downloadUrl = 'https://github.com/CVEProject/cvelistV5/releases/download';
/** Where a mirror keeps the latest archive, whose own URL changes daily. */
const archiveInMirror =
  'https://github.com/CVEProject/cvelistV5/releases/latest/download/all_CVEs_at_midnight.zip.zip';

const releases = z.array(
  z.object({
    tag_name: z.string(),
    assets: z.array(z.object({ name: z.string(), digest: z.optional(z.nullable(z.string())) })),
  }),
);

/** A time of the list: a day, and an hour of it in UTC as `1300Z`. The archive of a day is of `0000Z`. */
interface ListTime {
  readonly day: string;
  readonly time: string;
}

/** A file of a release. `time` is that of its content. */
interface ReleasedFile extends ListTime {
  readonly url: string;
  /** SHA-256 in hexadecimal digits, if GitHub states it. */
  readonly sha256: string | undefined;
}

interface Published {
  /** The latest archive of all records. */
  readonly archive: ReleasedFile;
  /** Files with all records that changed during a day until a time. */
  readonly deltas: readonly ReleasedFile[];
}

const midnight = '0000Z';
/** The time of the file that has all changes of a day. */
const endOfDay = '2400Z';

/**
 * Opens what brings the content with the last fingerprint up to date: the changes of its day, or else the archive of all records. The
 * fingerprint is the time of the content: `2026-11-27 1300Z`.
 */
export async function fetchCveList(
  feed: string,
  client: FeedClient,
  lastFingerprint: string | undefined,
): Promise<FetchResult> {
  const listing = await client.get(releasesUrl);
  if (typeof listing === 'string') return 'absent';
  const { archive, deltas } = await readReleases(feed, listing);
  const known = timeOfList(lastFingerprint);
  if (known !== undefined) {
    const changes = changesSince(known, deltas, archive);
    const fetched = changes === undefined ? 'absent' : await open(client, changes);
    if (typeof fetched === 'object') return { ...fetched, extent: 'changes' };
    if (archive.day <= known.day) return 'unchanged';
  }
  return await open(client, archive, archiveInMirror);
}

/** Parses a fingerprint. Undefined if it is not the time of a list, such as after an update from elsewhere. */
export function timeOfList(fingerprint = ''): ListTime | undefined {
  const [, day, time] = /^(\d{4}-\d\d-\d\d) (\d{4}Z)$/.exec(fingerprint) ?? [];
  return day === undefined || time === undefined ? undefined : { day, time };
}

/** Returns the file with the changes after a time, if one of that day has them all. */
function changesSince(
  { day, time }: ListTime,
  deltas: readonly ReleasedFile[],
  archive: ReleasedFile,
): ReleasedFile | undefined {
  const [latest] = deltas
    .filter((delta) => delta.day === day && delta.time > time)
    .sort((a, b) => compareText(b.time, a.time));
  if (latest?.time === endOfDay || archive.day <= day) return latest;
  // A day later, the release with all changes of the day may no longer be among the newest.
  return archive.day === dayAfter(day) ? wholeDay(day) : undefined;
}

function wholeDay(day: string): ReleasedFile {
  const url = `${downloadUrl}/cve_${day}_at_end_of_day/${day}_delta_CVEs_at_end_of_day.zip`;
  return { day, time: endOfDay, url, sha256: undefined };
}

async function open(client: FeedClient, file: ReleasedFile, keptAs?: string): Promise<FetchResult> {
  const { url, sha256, day, time } = file;
  const fetched = await client.get(url, undefined, keptAs === undefined ? {} : { keptAs });
  if (typeof fetched === 'string') return fetched;
  const body =
    sha256 === undefined
      ? fetched.body
      : verifyChecksum(fetched.body, { algorithm: 'sha256', digest: sha256, declaredIn: 'the release' });
  return {
    ...fetched,
    body,
    fingerprint: time === endOfDay ? `${dayAfter(day)} ${midnight}` : `${day} ${time}`,
  };
}

function dayAfter(day: string): string {
  return new Date(Date.parse(day) + 24 * 3_600_000).toISOString().slice(0, 10);
}

async function readReleases(feed: string, listing: FetchedFeed): Promise<Published> {
  try {
    const tooMuch = (): Error =>
      new ClairError('limit-exceeded', `${listing.url} has more than ${limits.releaseListBytes} bytes`);
    const bytes = await readAllBytes(listing.body, limits.releaseListBytes, tooMuch);
    return publishedIn(parseFeedValue(releases, parseJsonAt('the releases', bytes), ''));
  } catch (error) {
    throw toCorruptFeedError({ source: 'cve', feed, content: listing }, error);
  }
}

function publishedIn(all: z.output<typeof releases>): Published {
  const files = all.flatMap(({ tag_name: tag, assets }) => assets.map((asset) => ({ tag, ...asset })));
  const [archive] = files.flatMap((file) => archiveOf(file)).sort((a, b) => compareText(b.day, a.day));
  if (archive === undefined) throw new UnexpectedContent('its end', 'no release has an archive of all CVEs');
  return { archive, deltas: files.flatMap((file) => deltaOf(file)) };
}

interface Asset {
  readonly tag: string;
  readonly name: string;
  readonly digest?: string | null | undefined;
}

/** Returns the archive of all records. Its name has the day, since the tag may be of another one. */
function archiveOf(asset: Asset): ReleasedFile[] {
  const [, day] = /^(\d{4}-\d\d-\d\d)_all_CVEs_at_midnight\.zip(?:\.zip)?$/.exec(asset.name) ?? [];
  return day === undefined ? [] : released(asset, { day, time: midnight });
}

/** Returns the file with the changes of a day until a time. */
function deltaOf(asset: Asset): ReleasedFile[] {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)_delta_CVEs_at_(\d{4}Z|end_of_day)\.zip$/.exec(asset.name) ?? [];
  if (day === undefined || time === undefined) return [];
  return released(asset, { day, time: time === 'end_of_day' ? endOfDay : time });
}

function released({ tag, name, digest }: Asset, at: ListTime): ReleasedFile[] {
  if (Number.isNaN(Date.parse(at.day))) return [];
  const url = `${downloadUrl}/${encodeURIComponent(tag)}/${encodeURIComponent(name)}`;
  return [{ ...at, url, sha256: /^sha256:([0-9a-f]{64})$/.exec(digest ?? '')?.[1] }];
}
