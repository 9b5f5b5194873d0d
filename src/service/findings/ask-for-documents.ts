import { wholeOf } from '../../kit/bytes/whole-of.ts';
import { UnexpectedContent } from '../../kit/corrupt-feed.ts';
import { ClairError, messageOf } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import type { Enrichment } from '../../model/enrichment.ts';
import { compareText } from '../../model/order.ts';
import type { FeedClient } from '../../plugin/advisory-source.ts';
import type { DocumentEnricher } from '../../plugin/enricher.ts';

/** What came of asking for documents. Each id is in one of the lists. */
export interface AskedDocuments {
  readonly read: readonly Enrichment[];
  /** Ids that have no document. */
  readonly absent: readonly string[];
  /** Ids whose document is not what it should be, and why. */
  readonly unreadable: readonly { readonly id: string; readonly reason: string }[];
  /** Ids whose document did not come, and the most frequent cause. */
  readonly unfetched: { readonly ids: readonly string[]; readonly reason: string };
}

/** How documents are asked for. */
export interface AskingOptions {
  readonly enricher: DocumentEnricher;
  /** Makes the client for one document. */
  readonly client: (signal: AbortSignal) => FeedClient;
  /** Ends everything. */
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** Asks for the documents of these ids, several at the same time, until too many in a row fail or the signal comes. */
export async function askForDocuments(
  ids: readonly string[],
  options: AskingOptions,
): Promise<AskedDocuments> {
  const asking = new Asking(ids, options);
  await asking.run();
  return asking.result();
}

class Asking {
  readonly #ids: readonly string[];
  readonly #options: AskingOptions;
  #next = 0;
  #done = 0;
  /** Failures since the last answer. */
  #failedInARow = 0;
  /** Further workers, from the first answer on: a host that is down is not asked by all of them. */
  #more: Promise<unknown> | undefined;
  readonly #read: Enrichment[] = [];
  readonly #absent: string[] = [];
  readonly #unreadable: { id: string; reason: string }[] = [];
  readonly #reasons = new Map<string, number>();

  constructor(ids: readonly string[], options: AskingOptions) {
    this.#ids = ids;
    this.#options = options;
  }

  async run(): Promise<void> {
    await this.#work(limits.lookupsAtFirst);
    await this.#more;
  }

  result(): AskedDocuments {
    const known = new Set([...this.#read, ...this.#unreadable].map(({ id }) => id).concat(this.#absent));
    const [frequent] = [...this.#reasons].toSorted(
      ([a, countA], [b, countB]) => countB - countA || compareText(a, b),
    );
    return {
      read: this.#read,
      absent: this.#absent,
      unreadable: this.#unreadable.toSorted((a, b) => compareText(a.id, b.id)),
      unfetched: {
        ids: this.#ids.filter((id) => !known.has(id)),
        reason: frequent?.[0] ?? 'it took too long',
      },
    };
  }

  async #work(workers: number): Promise<void> {
    await Promise.all(Array.from({ length: workers }, () => this.#askOneByOne()));
  }

  async #askOneByOne(): Promise<void> {
    for (let id = this.#take(); id !== undefined; id = this.#take()) {
      await this.#ask(id);
      this.#options.onProgress(`looking up ratings ${++this.#done} of ${this.#ids.length}`);
    }
  }

  #take(): string | undefined {
    const isOver = this.#options.signal.aborted || this.#failedInARow >= limits.lookupFailures;
    return isOver ? undefined : this.#ids[this.#next++];
  }

  async #ask(id: string): Promise<void> {
    const { enricher } = this.#options;
    try {
      const document = await this.#fetch(id);
      this.#failedInARow = 0;
      this.#more ??= this.#work(limits.lookupsAtOnce - limits.lookupsAtFirst);
      if (document === undefined) this.#absent.push(id);
      else this.#read.push(await enricher.read(id, document));
    } catch (error) {
      this.#noteFailure(id, error);
    }
  }

  /** The document of an id; undefined where it is at none of its places. */
  async #fetch(id: string): Promise<Buffer | undefined> {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      stop.abort(new ClairError('feed-unavailable', `no answer within ${limits.lookupMs / 1000} s`));
    }, limits.lookupMs);
    try {
      const client = this.#options.client(AbortSignal.any([this.#options.signal, stop.signal]));
      for (const url of this.#options.enricher.urlsOf(id)) {
        const answer = await client.get(url);
        if (typeof answer === 'object') return await wholeOf(answer.body, limits.lookupBytes, tooMuch);
      }
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  #noteFailure(id: string, error: unknown): void {
    if (!isOfContent(error)) {
      this.#failedInARow++;
      const reason = causeOf(error);
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
      return;
    }
    this.#unreadable.push({ id, reason: messageOf(error) });
  }
}

function tooMuch(): ClairError {
  const message = `it has more than ${limits.lookupBytes} bytes`;
  return new ClairError('limit-exceeded', message, { limit: 'lookupBytes' });
}

/** Whether the document itself is wrong, so that others may well be right. */
function isOfContent(error: unknown): boolean {
  if (error instanceof UnexpectedContent) return true;
  return error instanceof ClairError && ['feed-corrupt', 'limit-exceeded'].includes(error.code);
}

/** Why a document did not come, without the URL and the advice that a feed gives with it. */
function causeOf(error: unknown): string {
  const cause = error instanceof ClairError && error.cause instanceof Error ? error.cause : error;
  return messageOf(cause);
}
