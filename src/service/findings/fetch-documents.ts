import { UnexpectedContent } from '../../core/corrupt-feed.ts';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { readAllBytes } from '../../kit/bytes/bytes.ts';
import type { Enrichment } from '../../model/enrichment.ts';
import { compareText } from '../../model/order.ts';
import type { FeedClient } from '../../plugin/advisory-source.ts';
import type { DocumentEnricher } from '../../plugin/enricher.ts';

/** Result of fetching documents. Each id is in one of the lists. */
export interface FetchedDocuments {
  readonly read: readonly Enrichment[];
  /** Ids that have no document. */
  readonly absent: readonly string[];
  /** Ids whose document cannot be parsed, with the reason. */
  readonly unreadable: readonly { readonly id: string; readonly reason: string }[];
  /** Ids whose document could not be fetched, and the most frequent reason. */
  readonly unfetched: { readonly ids: readonly string[]; readonly reason: string };
}

/** Options of `fetchDocuments`. */
export interface FetchDocumentsOptions {
  readonly enricher: DocumentEnricher;
  /** Returns the client for one document. */
  readonly client: (signal: AbortSignal) => FeedClient;
  /** Aborts all requests. */
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** Fetches the documents of these ids concurrently. Stops after too many failures in a row, or when the signal aborts. */
export async function fetchDocuments(
  ids: readonly string[],
  options: FetchDocumentsOptions,
): Promise<FetchedDocuments> {
  const fetcher = new DocumentFetcher(ids, options);
  await fetcher.run();
  return fetcher.result();
}

class DocumentFetcher {
  readonly #ids: readonly string[];
  readonly #options: FetchDocumentsOptions;
  #next = 0;
  #done = 0;
  /** Failures since the last response. */
  #consecutiveFailures = 0;
  /** More workers start after the first response, so that they do not all contact a host that is down. */
  #additionalWorkers: Promise<unknown> | undefined;
  readonly #read: Enrichment[] = [];
  readonly #absent: string[] = [];
  readonly #unreadable: { id: string; reason: string }[] = [];
  readonly #reasons = new Map<string, number>();

  constructor(ids: readonly string[], options: FetchDocumentsOptions) {
    this.#ids = ids;
    this.#options = options;
  }

  async run(): Promise<void> {
    await this.#startWorkers(limits.lookupsAtFirst);
    await this.#additionalWorkers;
  }

  result(): FetchedDocuments {
    const answered = new Set([...this.#read, ...this.#unreadable].map(({ id }) => id).concat(this.#absent));
    const [frequent] = [...this.#reasons].toSorted(
      ([a, countA], [b, countB]) => countB - countA || compareText(a, b),
    );
    return {
      read: this.#read,
      absent: this.#absent,
      unreadable: this.#unreadable.toSorted((a, b) => compareText(a.id, b.id)),
      unfetched: {
        ids: this.#ids.filter((id) => !answered.has(id)),
        reason: frequent?.[0] ?? 'it took too long',
      },
    };
  }

  async #startWorkers(workers: number): Promise<void> {
    await Promise.all(Array.from({ length: workers }, () => this.#fetchRemaining()));
  }

  async #fetchRemaining(): Promise<void> {
    for (let id = this.#nextId(); id !== undefined; id = this.#nextId()) {
      await this.#fetchOne(id);
      this.#options.onProgress(`looking up ratings ${++this.#done} of ${this.#ids.length}`);
    }
  }

  #nextId(): string | undefined {
    const isOver = this.#options.signal.aborted || this.#consecutiveFailures >= limits.lookupFailures;
    return isOver ? undefined : this.#ids[this.#next++];
  }

  async #fetchOne(id: string): Promise<void> {
    const { enricher } = this.#options;
    try {
      const document = await this.#fetchDocument(id);
      this.#consecutiveFailures = 0;
      this.#additionalWorkers ??= this.#startWorkers(limits.lookupsAtOnce - limits.lookupsAtFirst);
      if (document === undefined) this.#absent.push(id);
      else this.#read.push(await enricher.read(id, document));
    } catch (error) {
      this.#recordFailure(id, error);
    }
  }

  /** Returns the document of an id. Undefined if no URL of it exists. */
  async #fetchDocument(id: string): Promise<Buffer | undefined> {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      stop.abort(new ClairError('feed-unavailable', `no response within ${limits.lookupMs / 1000} s`));
    }, limits.lookupMs);
    try {
      const client = this.#options.client(AbortSignal.any([this.#options.signal, stop.signal]));
      for (const url of this.#options.enricher.urlsOf(id)) {
        const response = await client.get(url);
        if (typeof response === 'object')
          return await readAllBytes(response.body, limits.lookupBytes, tooLarge);
      }
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  #recordFailure(id: string, error: unknown): void {
    if (!isContentError(error)) {
      this.#consecutiveFailures++;
      const reason = causeOf(error);
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
      return;
    }
    this.#unreadable.push({ id, reason: messageOf(error) });
  }
}

function tooLarge(): ClairError {
  const message = `it has more than ${limits.lookupBytes} bytes`;
  return new ClairError('limit-exceeded', message, { limit: 'lookupBytes' });
}

/** Whether the document is invalid, in which case others may be valid. */
function isContentError(error: unknown): boolean {
  if (error instanceof UnexpectedContent) return true;
  return error instanceof ClairError && ['feed-corrupt', 'limit-exceeded'].includes(error.code);
}

/** Returns the cause of a failed fetch, without the URL and advice of the feed error. */
function causeOf(error: unknown): string {
  const cause = error instanceof ClairError && error.cause instanceof Error ? error.cause : error;
  return messageOf(cause);
}
