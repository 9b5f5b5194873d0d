import { type BigIntStats, createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ClairError, messageOf } from '../../core/errors.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { InflateError } from '../../kit/decompress/inflater.ts';
import type { FeedClient, FetchedFeed, FetchResult } from '../../plugin/advisory-source.ts';
import { type ClientOptions, type DownloadDeps, download, type FeedRequest } from './download.ts';
import { Reachability } from './reachability.ts';

/** A feed may be in the mirror as upstream, or compressed by the mirror. */
const suffixes = ['', '.gz', '.zst', '.xz', '.bz2'];

/**
 * Returns a client that fetches feeds from a mirror: a directory or an http(s) URL. It has each feed at `<host>/<path>`
 * of the upstream URL, or of `keptAs`, optionally with `.gz`, `.zst`, `.xz` or `.bz2` appended. The fingerprint of a file in a
 * directory is its size and change time.
 */
export function mirrorClient(
  mirror: string,
  options: ClientOptions = {},
  reachability: Reachability = new Reachability(),
): FeedClient {
  const deps = { options, reachability };
  return {
    async get(url, lastFingerprint, fetchOptions = {}) {
      for (const suffix of suffixes) {
        const result = await fetchFromMirror(
          mirror,
          (fetchOptions.keptAs ?? url) + suffix,
          { lastFingerprint, ...fetchOptions },
          deps,
        );
        if (result === 'absent') continue;
        if (result === 'unchanged' || suffix === '') return result;
        return { ...result, body: decompressed(result) };
      }
      if (!isRemote(mirror)) await expectDirectory(mirror);
      return 'absent';
    },
  };
}

function fetchFromMirror(
  mirror: string,
  url: string,
  request: FeedRequest,
  deps: DownloadDeps,
): Promise<FetchResult> {
  return isRemote(mirror)
    ? download(remoteUrl(mirror, url), request, deps)
    : openFile(localPath(mirror, url), request, deps.options);
}

function isRemote(mirror: string): boolean {
  return /^https?:\/\//i.test(mirror);
}

function remoteUrl(mirror: string, url: string): string {
  const mirrored = new URL(mirror);
  mirrored.pathname = `${mirrored.pathname.replace(/\/$/, '')}/${new URL(url).host}${fileOf(url)}`;
  return mirrored.href;
}

/** Larger chunks do not speed up reading and need more memory. */
const readBytes = 64 * 1024;

/** Returns the file path of a URL. A directory becomes `index`, and a query becomes part of the name. */
function fileOf(url: string): string {
  const { pathname, search } = new URL(url);
  return `${pathname}${pathname.endsWith('/') ? 'index' : ''}${search}`;
}

/** Returns the path of a URL's file in a mirror directory. No URL gives a path outside the directory. */
export function localPath(directory: string, url: string): string {
  const names = [new URL(url).host, ...fileOf(url).split('/').slice(1).map(decodeURIComponent)];
  if (names.some((name) => ['', '.', '..'].includes(name) || /[/\\\0]/.test(name))) {
    throw unusableMirror(directory, `${JSON.stringify(url)} is not a valid file path`);
  }
  return join(directory, ...names);
}

async function openFile(
  path: string,
  { lastFingerprint, mayBeEmpty = false }: FeedRequest,
  options: ClientOptions,
): Promise<FetchResult> {
  const status = await statOf(path);
  if (status === undefined) return 'absent';
  if (!status.isFile()) throw unusableMirror(path, 'it is not a regular file');
  if (status.size === 0n && !mayBeEmpty) throw unusableMirror(path, 'it is empty');
  // The inode change time distinguishes copies to which an archive gave the same modification time.
  const fingerprint = `${status.size} ${status.mtimeNs} ${status.ctimeNs}`;
  if (fingerprint === lastFingerprint) return 'unchanged';
  return {
    url: pathToFileURL(path).href,
    body: contentOf(path, Number(status.size), options),
    fingerprint,
    // Not `lastModified`: the file may be newer than the vendor's content.
    fileModified: status.mtime.toISOString(),
  };
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unusableMirror(path, messageOf(error), error);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** A missing mirror must not look like one without feeds. */
async function expectDirectory(directory: string): Promise<void> {
  const status = await statOf(directory);
  if (!status?.isDirectory()) throw unusableMirror(directory, 'the directory does not exist');
}

async function* contentOf(
  path: string,
  totalBytes: number,
  { onProgress, signal }: ClientOptions,
): AsyncGenerator<Uint8Array> {
  const url = pathToFileURL(path).href;
  let receivedBytes = 0;
  try {
    const stream = createReadStream(path, { highWaterMark: readBytes, ...(signal && { signal }) });
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      receivedBytes += piece.length;
      onProgress?.({ url, receivedBytes, totalBytes });
      yield piece;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw unusableMirror(path, messageOf(error), error);
  }
}

/** Decompresses by the first bytes, not the suffix: some servers have already decompressed the content. */
async function* decompressed({ url, body }: FetchedFeed): AsyncGenerator<Uint8Array> {
  try {
    yield* inflateStream(body, url);
  } catch (error) {
    if (!(error instanceof InflateError)) throw error;
    throw new ClairError('feed-corrupt', `${error.message}. Copy the file to the mirror again.`, {
      cause: error,
    });
  }
}

function unusableMirror(mirror: string, reason: string, cause?: unknown): ClairError {
  const message = `the mirror ${mirror} cannot be used: ${reason}. Check the mirror.`;
  return new ClairError('feed-unavailable', message, { cause });
}
