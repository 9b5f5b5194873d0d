import { UnexpectedContent } from '../../core/corrupt-feed.ts';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { readAllBytes } from '../../kit/bytes/read-all-bytes.ts';
import type { Enrichment } from '../../model/enrichment.ts';
import { compareText } from '../../model/order.ts';
import type { FeedClient } from '../../plugin/advisory-source.ts';
import type { DocumentEnricher } from '../../plugin/enricher.ts';

/** What came of asking for documents. Each id is in one of the lists. */
export interface FetchedDocuments {
  readonly read: readonly Enrichment[];
  /** Ids that have no document. */
  readonly absent: readonly string[];
  /** Ids whose document is not what it should be, and why. */
  readonly unreadable: readonly { readonly id: string; readonly reason: string }[];
  /** Ids whose document did not come, and the most frequent cause. */
  readonly unfetched: { readonly ids: readonly string[]; readonly reason: string };
}

/** How documents are asked for. */
export interface FetchDocumentsOptions {
  readonly enricher: DocumentEnricher;
  /** Makes the client for one document. */
  readonly client: (signal: AbortSignal) => FeedClient;
  /** Ends everything. */
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** Asks for the documents of these ids, several at the same time, until too many in a row fail or the signal comes. */
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
  /** Failures since the last answer. */
  #consecutiveFailures = 0;
  /** Further workers, from the first answer on: a host that is down is not asked by all of them. */
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

  /** The document of an id; undefined where it is at none of its places. */
  async #fetchDocument(id: string): Promise<Buffer | undefined> {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      stop.abort(new ClairError('feed-unavailable', `no answer within ${limits.lookupMs / 1000} s`));
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

/** Whether the document itself is wrong, so that others may well be right. */
function isContentError(error: unknown): boolean {
  if (error instanceof UnexpectedContent) return true;
  return error instanceof ClairError && ['feed-corrupt', 'limit-exceeded'].includes(error.code);
}

/** Why a document did not come, without the URL and the advice that a feed gives with it. */
function causeOf(error: unknown): string {
  const cause = error instanceof ClairError && error.cause instanceof Error ? error.cause : error;
  return messageOf(cause);
}
