import { bufferView } from '../bytes/bytes.ts';
import { TarError } from './header.ts';
import { type PayloadSink, type TarEntry, TarWalker } from './walker.ts';

/** A file of an archive that is read as a stream. */
export interface StreamedMember {
  /** The path inside the archive, without a leading slash and `..`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Can be read once, completely or in part. The next member follows only then. */
  readonly bytes: AsyncIterable<Buffer>;
  /** Settles when the bytes have been read. Rejects if the stream fails. */
  readonly isRead: Promise<unknown>;
}

type WalkEvent =
  | { readonly kind: 'begin'; readonly entry: TarEntry }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'end' };

/**
 * Yields the wanted files of a tar stream, each as a stream of its own. Only the current piece of the archive is in memory. Throws a
 * `TarError` if the archive is damaged or cut short, and any error of the stream.
 */
export async function* tarMembers(
  body: AsyncIterable<Uint8Array>,
  wants: (entry: TarEntry) => boolean,
): AsyncGenerator<StreamedMember> {
  const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
  const steps = new WalkEvents(pieces, wants);
  try {
    for (let step = await steps.next(); step !== undefined; step = await steps.next()) {
      if (step.kind !== 'begin') continue; // the unread rest of the previous member
      const { path, size: sizeBytes } = step.entry;
      const bytes = new Payload(steps);
      yield { path, sizeBytes, bytes: { [Symbol.asyncIterator]: () => bytes }, isRead: bytes.isRead };
      await bytes.isRead;
    }
  } finally {
    await pieces.return?.();
  }
}

/** The bytes of the current member. */
class Payload implements AsyncIterator<Buffer, undefined> {
  readonly #steps: WalkEvents;
  readonly #read = Promise.withResolvers<undefined>();

  constructor(steps: WalkEvents) {
    this.#steps = steps;
    this.#read.promise.catch(() => undefined); // the reader of the bytes gets the same error
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

/** The events of walking an archive, in order, piece by piece of the archive. */
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

  /** Undefined at the end of the archive. */
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
      throw new TarError(`${entry.path} is stored as a sparse file, which is not supported,`, entry.offset);
    this.#events.push({ kind: 'begin', entry });
    return {
      write: (bytes) => this.#events.push({ kind: 'bytes', bytes }),
      close: () => this.#events.push({ kind: 'end' }),
    };
  }
}
