import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod/mini';
import { writeFileAtomically } from '../../kit/write-file-atomically.ts';
import type { FeedClient, FetchedFeed, FetchOptions, FetchResult } from '../../plugin/advisory-source.ts';
import { localPath } from './mirror.ts';

/** Stores the fingerprint of each file beside the files, so that the next run requests only what changed. */
const registerName = 'clair-mirror.json';

const registerSchema = z.object({
  origin: z.string(),
  files: z.record(z.string(), z.object({ fingerprint: z.string(), bytes: z.number() })),
});

/** A file as it was fetched, and its state on disk. A file that was damaged or replaced since is fetched again. */
type MirroredFile = z.output<typeof registerSchema>['files'][string];

/** Results for the files of one feed. */
export interface MirrorCounts {
  readonly written: number;
  readonly unchanged: number;
}

/** A feed client that stores every file it fetches once the caller has accepted it. */
export interface MirrorWriter extends FeedClient {
  /** Stores the files that were fetched since the last `accept` or `reject`. */
  accept(): Promise<MirrorCounts>;
  /** Discards these files. The next run requests them again; existing files remain. */
  reject(): Promise<void>;
  /** Stores the fingerprints, so that a later run need not fetch the same files. */
  finish(): Promise<void>;
}

/** The origin of the files. Fingerprints of one origin are not valid for another. */
export interface Origin {
  readonly name: string;
  readonly client: FeedClient;
}

/**
 * Opens a mirror directory. The client fetches files to `<host>/<path>` of their URLs and reads them from there. It
 * fetches each file once in its lifetime: later requests get the same content. A file is replaced as a whole or not at
 * all, and remains when the origin no longer has it. Throws `output-failed` if the directory cannot be written.
 */
export async function openMirrorWriter(directory: string, origin: Origin): Promise<MirrorWriter> {
  const writer = new DirectoryMirrorWriter(directory, origin, await readRegister(directory, origin.name));
  return {
    get: (url, lastFingerprint, options) => writer.get(url, lastFingerprint, options),
    accept: () => writer.accept(),
    reject: () => writer.reject(),
    finish: () => writer.finish(),
  };
}

/** A requested file. `draft` is its path until it is accepted; absent if the existing file is current. */
interface PendingFile {
  readonly path: string;
  readonly file: MirroredFile;
  readonly draft?: string;
}

class DirectoryMirrorWriter {
  readonly #directory: string;
  readonly #origin: Origin;
  readonly #files: Map<string, MirroredFile>;
  readonly #fetches = new Map<string, Promise<MirroredFile | 'absent'>>();
  /** The files that are neither accepted nor rejected yet, by URL. */
  readonly #pending = new Map<string, PendingFile>();
  #isRegisterSaved = true;

  constructor(directory: string, origin: Origin, files: Map<string, MirroredFile>) {
    this.#directory = directory;
    this.#origin = origin;
    this.#files = files;
  }

  async get(
    url: string,
    lastFingerprint: string | undefined,
    options: FetchOptions | undefined,
  ): Promise<FetchResult> {
    const kept = options?.keptAs ?? url;
    const path = localPath(this.#directory, kept);
    const fetching = this.#fetches.get(kept) ?? this.#fetch({ url, kept, path }, options);
    this.#fetches.set(kept, fetching);
    // A failed download may be tried again.
    fetching.catch(() => this.#fetches.delete(kept));
    const file = await fetching;
    if (file === 'absent') return 'absent';
    if (file.fingerprint === lastFingerprint) return 'unchanged';
    const body = contentOf(this.#pending.get(kept)?.draft ?? path);
    return { url: pathToFileURL(path).href, body, fingerprint: file.fingerprint };
  }

  async #fetch(
    { url, kept, path }: { readonly url: string; readonly kept: string; readonly path: string },
    options: FetchOptions | undefined,
  ): Promise<MirroredFile | 'absent'> {
    const stored = this.#files.get(kept);
    const isThere = stored !== undefined && (await sizeOf(path)) === stored.bytes;
    const result = await this.#origin.client.get(url, isThere ? stored.fingerprint : undefined, options);
    if (result === 'absent') return 'absent';
    if (result === 'unchanged') {
      if (!isThere) throw new Error(`${url} was reported as unchanged, but no copy of it is known`);
      this.#pending.set(kept, { path, file: stored });
      return stored;
    }
    const draft = `${path}.${process.pid}.new`;
    const fetched = { fingerprint: result.fingerprint, bytes: await writeFileAtomically(draft, result.body) };
    await copyModifiedTime(draft, result);
    this.#pending.set(kept, { path, file: fetched, draft });
    return fetched;
  }

  async accept(): Promise<MirrorCounts> {
    let written = 0;
    for (const [url, { path, file, draft }] of this.#pending) {
      this.#files.set(url, file);
      if (draft === undefined) continue;
      this.#isRegisterSaved = false;
      // A server that sends no fingerprint may send the same file again.
      if (await isSame(draft, path)) await rm(draft);
      else {
        await rename(draft, path);
        written++;
      }
    }
    const unchanged = this.#pending.size - written;
    this.#pending.clear();
    return { written, unchanged };
  }

  async reject(): Promise<void> {
    for (const [url, { draft }] of this.#pending) {
      this.#fetches.delete(url);
      if (this.#files.delete(url)) this.#isRegisterSaved = false;
      if (draft !== undefined) await rm(draft, { force: true });
    }
    this.#pending.clear();
  }

  async finish(): Promise<void> {
    if (this.#isRegisterSaved) return;
    const files = Object.fromEntries([...this.#files].sort());
    const text = JSON.stringify({ origin: this.#origin.name, files }, null, 1);
    await writeFileAtomically(join(this.#directory, registerName), [Buffer.from(text)]);
    this.#isRegisterSaved = true;
  }
}

async function readRegister(directory: string, origin: string): Promise<Map<string, MirroredFile>> {
  try {
    const text = await readFile(join(directory, registerName), 'utf8');
    const parsed = z.parse(registerSchema, JSON.parse(text));
    return new Map(parsed.origin === origin ? Object.entries(parsed.files) : []);
  } catch {
    // Without the fingerprints, or if they are damaged, every file is fetched again.
    return new Map();
  }
}

/**
 * Sets the modification time that the vendor states, as `wget` and `rsync -t` do. Readers of the mirror then see its
 * age.
 */
async function copyModifiedTime(path: string, { lastModified, fileModified }: FetchedFeed): Promise<void> {
  const time = lastModified ?? fileModified;
  if (time !== undefined) await utimes(path, new Date(time), new Date(time));
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined; // A missing file is fetched; if that fails, writing reports why.
  }
}

async function isSame(one: string, other: string): Promise<boolean> {
  if ((await sizeOf(one)) !== (await sizeOf(other))) return false;
  return (await digestOf(one)) === (await digestOf(other));
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of contentOf(path)) hash.update(piece);
  return hash.digest('hex');
}

async function* contentOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path) as AsyncIterable<Uint8Array>;
}
