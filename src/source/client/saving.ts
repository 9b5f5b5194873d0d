import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod/mini';
import { replaceFile } from '../../kit/replace-file.ts';
import type { FeedAnswer, FeedClient, Fetched } from '../../plugin/advisory-source.ts';
import { localPath } from './mirror.ts';

/** Remembers beside the files how each looked where it came from, so that the next run asks only for what changed. */
const registerName = 'clair-mirror.json';

const register = z.object({
  origin: z.string(),
  files: z.record(z.string(), z.object({ fingerprint: z.string(), bytes: z.number() })),
});

/** A file as it was got, and how long it is here: one that was damaged since, or replaced, is got anew. */
type Known = z.output<typeof register>['files'][string];

/** What became of the files that belong together. */
export interface SavingCounts {
  readonly written: number;
  readonly unchanged: number;
}

/** A client that lays down every file it gets, once somebody has found the files that belong together to be good. */
export interface SavingClient extends FeedClient {
  /** Puts what was got since the last call of this or of `reject` into its place. */
  accept(): Promise<SavingCounts>;
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
export async function savingClient(directory: string, origin: Origin): Promise<SavingClient> {
  const saving = new Saving(directory, origin, await readRegister(directory, origin.name));
  return {
    get: (url, known) => saving.get(url, known),
    accept: () => saving.accept(),
    reject: () => saving.reject(),
    finish: () => saving.finish(),
  };
}

/** A file that was asked for: `draft` is where it lies until it is accepted, when it is not the one that is there already. */
interface Asked {
  readonly path: string;
  readonly known: Known;
  readonly draft?: string;
}

class Saving {
  readonly #directory: string;
  readonly #origin: Origin;
  readonly #known: Map<string, Known>;
  readonly #got = new Map<string, Promise<Known | 'absent'>>();
  /** What belongs together and was neither accepted nor rejected yet, by URL. */
  readonly #asked = new Map<string, Asked>();
  #isWritten = true;

  constructor(directory: string, origin: Origin, known: Map<string, Known>) {
    this.#directory = directory;
    this.#origin = origin;
    this.#known = known;
  }

  async get(url: string, known: string | undefined): Promise<FeedAnswer> {
    const path = localPath(this.#directory, url);
    const got = this.#got.get(url) ?? this.#save(url, path);
    this.#got.set(url, got);
    // One that could not be got may be tried again.
    got.catch(() => this.#got.delete(url));
    const file = await got;
    if (file === 'absent') return 'absent';
    if (file.fingerprint === known) return 'unchanged';
    const body = contentOf(this.#asked.get(url)?.draft ?? path);
    return { url: pathToFileURL(path).href, body, fingerprint: file.fingerprint };
  }

  async #save(url: string, path: string): Promise<Known | 'absent'> {
    const stored = this.#known.get(url);
    const isThere = stored !== undefined && (await sizeOf(path)) === stored.bytes;
    const answer = await this.#origin.client.get(url, isThere ? stored.fingerprint : undefined);
    if (answer === 'absent') return 'absent';
    if (answer === 'unchanged') {
      if (!isThere) throw new Error(`${url} is said to be unchanged, though nothing was known of it`);
      this.#asked.set(url, { path, known: stored });
      return stored;
    }
    const draft = `${path}.${process.pid}.new`;
    const known = { fingerprint: answer.fingerprint, bytes: await replaceFile(draft, answer.body) };
    await keepTime(draft, answer);
    this.#asked.set(url, { path, known, draft });
    return known;
  }

  async accept(): Promise<SavingCounts> {
    let written = 0;
    for (const [url, { path, known, draft }] of this.#asked) {
      this.#known.set(url, known);
      if (draft === undefined) continue;
      this.#isWritten = false;
      // A server that tells nothing by which a file is known sends the same one again.
      if (await isSame(draft, path)) await rm(draft);
      else {
        await rename(draft, path);
        written++;
      }
    }
    const unchanged = this.#asked.size - written;
    this.#asked.clear();
    return { written, unchanged };
  }

  async reject(): Promise<void> {
    for (const [url, { draft }] of this.#asked) {
      this.#got.delete(url);
      if (this.#known.delete(url)) this.#isWritten = false;
      if (draft !== undefined) await rm(draft, { force: true });
    }
    this.#asked.clear();
  }

  async finish(): Promise<void> {
    if (this.#isWritten) return;
    const files = Object.fromEntries([...this.#known].sort());
    const text = JSON.stringify({ origin: this.#origin.name, files }, null, 1);
    await replaceFile(join(this.#directory, registerName), [Buffer.from(text)]);
    this.#isWritten = true;
  }
}

async function readRegister(directory: string, origin: string): Promise<Map<string, Known>> {
  try {
    const text = await readFile(join(directory, registerName), 'utf8');
    const known = z.parse(register, JSON.parse(text));
    return new Map(known.origin === origin ? Object.entries(known.files) : []);
  } catch {
    // Without it, or where it is damaged, everything is got anew.
    return new Map();
  }
}

/** A file has the time that its vendor gave it, as `wget` and `rsync -t` leave it: whoever reads the mirror can see how old it is. */
async function keepTime(path: string, { lastModified, fileModified }: Fetched): Promise<void> {
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
