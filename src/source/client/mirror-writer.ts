import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod/mini';
import { writeFileAtomically } from '../../kit/write-file-atomically.ts';
import type { FeedClient, FetchedFeed, FetchResult } from '../../plugin/advisory-source.ts';
import { localPath } from './mirror.ts';

/** Remembers beside the files how each looked where it came from, so that the next run asks only for what changed. */
const registerName = 'clair-mirror.json';

const registerSchema = z.object({
  origin: z.string(),
  files: z.record(z.string(), z.object({ fingerprint: z.string(), bytes: z.number() })),
});

/** A file as it was got, and how long it is here: one that was damaged since, or replaced, is got anew. */
type MirroredFile = z.output<typeof registerSchema>['files'][string];

/** What became of the files that belong together. */
export interface MirrorCounts {
  readonly written: number;
  readonly unchanged: number;
}

/** A client that lays down every file it gets, once somebody has found the files that belong together to be good. */
export interface MirrorWriter extends FeedClient {
  /** Puts what was got since the last call of this or of `reject` into its place. */
  accept(): Promise<MirrorCounts>;
  /** Throws it away, and asks for all of it anew in the next run; what was there before stays. */
  reject(): Promise<void>;
  /** Writes down what was got, so that a later run need not get it again. */
  finish(): Promise<void>;
}

/** The place files come from; what one place says of them means nothing at another. */
export interface Origin {
  readonly name: string;
  readonly client: FeedClient;
}

/**
 * Gets files into a mirror directory, at `<host>/<path>` of their URLs, and hands them out from there. Each is got once in the
 * life of the client: whoever asks again sees the same. A file is replaced as a whole or not at all, and what is no longer there
 * where it came from stays. Throws `output-failed` where the directory cannot be written.
 */
export async function openMirrorWriter(directory: string, origin: Origin): Promise<MirrorWriter> {
  const writer = new DirectoryMirrorWriter(directory, origin, await readRegister(directory, origin.name));
  return {
    get: (url, lastFingerprint) => writer.get(url, lastFingerprint),
    accept: () => writer.accept(),
    reject: () => writer.reject(),
    finish: () => writer.finish(),
  };
}

/** A file that was asked for: `draft` is where it lies until it is accepted, when it is not the one that is there already. */
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
  /** What belongs together and was neither accepted nor rejected yet, by URL. */
  readonly #pending = new Map<string, PendingFile>();
  #isRegisterSaved = true;

  constructor(directory: string, origin: Origin, files: Map<string, MirroredFile>) {
    this.#directory = directory;
    this.#origin = origin;
    this.#files = files;
  }

  async get(url: string, lastFingerprint: string | undefined): Promise<FetchResult> {
    const path = localPath(this.#directory, url);
    const fetching = this.#fetches.get(url) ?? this.#fetch(url, path);
    this.#fetches.set(url, fetching);
    // One that could not be got may be tried again.
    fetching.catch(() => this.#fetches.delete(url));
    const file = await fetching;
    if (file === 'absent') return 'absent';
    if (file.fingerprint === lastFingerprint) return 'unchanged';
    const body = contentOf(this.#pending.get(url)?.draft ?? path);
    return { url: pathToFileURL(path).href, body, fingerprint: file.fingerprint };
  }

  async #fetch(url: string, path: string): Promise<MirroredFile | 'absent'> {
    const stored = this.#files.get(url);
    const isThere = stored !== undefined && (await sizeOf(path)) === stored.bytes;
    const result = await this.#origin.client.get(url, isThere ? stored.fingerprint : undefined);
    if (result === 'absent') return 'absent';
    if (result === 'unchanged') {
      if (!isThere) throw new Error(`${url} is said to be unchanged, though nothing was known of it`);
      this.#pending.set(url, { path, file: stored });
      return stored;
    }
    const draft = `${path}.${process.pid}.new`;
    const fetched = { fingerprint: result.fingerprint, bytes: await writeFileAtomically(draft, result.body) };
    await copyModifiedTime(draft, result);
    this.#pending.set(url, { path, file: fetched, draft });
    return fetched;
  }

  async accept(): Promise<MirrorCounts> {
    let written = 0;
    for (const [url, { path, file, draft }] of this.#pending) {
      this.#files.set(url, file);
      if (draft === undefined) continue;
      this.#isRegisterSaved = false;
      // A server that tells nothing by which a file is known sends the same one again.
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
    // Without it, or where it is damaged, everything is got anew.
    return new Map();
  }
}

/** A file has the time that its vendor gave it, as `wget` and `rsync -t` leave it: whoever reads the mirror can see how old it is. */
async function copyModifiedTime(path: string, { lastModified, fileModified }: FetchedFeed): Promise<void> {
  const time = lastModified ?? fileModified;
  if (time !== undefined) await utimes(path, new Date(time), new Date(time));
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined; // what is not there is got; if it cannot be, writing tells why
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
