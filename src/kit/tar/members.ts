import { bufferView } from '../bytes/buffer-view.ts';
import { TarError } from './header.ts';
import { type PayloadSink, type TarEntry, TarWalker } from './walker.ts';

/** A file of an archive that streams by. */
export interface StreamedMember {
  /** Inside the archive: no leading slash, no `..`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** To be read once, to the end or until the reader has enough: the next member comes only then. */
  readonly bytes: AsyncIterable<Buffer>;
  /** Comes when that has been done, and fails as the stream does. */
  readonly isRead: Promise<unknown>;
}

type WalkEvent =
  | { readonly kind: 'begin'; readonly entry: TarEntry }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'end' };

/**
 * The wanted files of a tar archive that streams by, each as a stream of its own: nothing of them is held but the piece of the archive that
 * is being read. Throws a `TarError` where the archive is damaged or cut short, and whatever reading the stream throws.
 */
export async function* tarMembers(
  body: AsyncIterable<Uint8Array>,
  wants: (entry: TarEntry) => boolean,
): AsyncGenerator<StreamedMember> {
  const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
  const steps = new WalkEvents(pieces, wants);
  try {
    for (let step = await steps.next(); step !== undefined; step = await steps.next()) {
      if (step.kind !== 'begin') continue; // what a reader left of the member before
      const { path, size: sizeBytes } = step.entry;
      const bytes = new Payload(steps);
      yield { path, sizeBytes, bytes: { [Symbol.asyncIterator]: () => bytes }, isRead: bytes.isRead };
      await bytes.isRead;
    }
  } finally {
    await pieces.return?.();
  }
}

/** The bytes of the member that the walk is at. */
class Payload implements AsyncIterator<Buffer, undefined> {
  readonly #steps: WalkEvents;
  readonly #read = Promise.withResolvers<undefined>();

  constructor(steps: WalkEvents) {
    this.#steps = steps;
    this.#read.promise.catch(() => undefined); // whoever reads the bytes is told as well
  }

  get isRead(): Promise<undefined> {
    return this.#read.promise;
  }

  async next(): Promise<IteratorResult<Buffer, undefined>> {
    try {
      const step = await this.#steps.next();
      if (step?.kind === 'bytes') return { done: false, value: step.bytes };
      return await this.return();
    } catch (error) {
      this.#read.reject(error);
      throw error;
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#read.resolve(undefined);
    return { done: true, value: undefined };
  }
}

/** What the walk of an archive comes upon, one thing after the other, piece by piece of the archive. */
class WalkEvents {
  readonly #pieces: AsyncIterator<Uint8Array, undefined>;
  readonly #walker: TarWalker;
  #events: WalkEvent[] = [];
  #at = 0;

  constructor(pieces: AsyncIterator<Uint8Array, undefined>, wants: (entry: TarEntry) => boolean) {
    this.#pieces = pieces;
    this.#walker = new TarWalker((entry) =>
      entry.type === 'file' && wants(entry) ? this.#sink(entry) : undefined,
    );
  }

  /** Undefined once the archive has ended. */
  async next(): Promise<WalkEvent | undefined> {
    while (this.#at === this.#events.length) {
      this.#events = [];
      this.#at = 0;
      const { done, value } = await this.#pieces.next();
      if (done === true) {
        this.#walker.end();
        return undefined;
      }
      this.#walker.push(bufferView(value));
    }
    return this.#events[this.#at++];
  }

  #sink(entry: TarEntry): PayloadSink {
    if (entry.sparse !== undefined)
      throw new TarError(`${entry.path} is stored as a sparse file, which is not read,`, entry.offset);
    this.#events.push({ kind: 'begin', entry });
    return {
      write: (bytes) => this.#events.push({ kind: 'bytes', bytes }),
      close: () => this.#events.push({ kind: 'end' }),
    };
  }
}
