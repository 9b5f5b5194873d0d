import { isUtf8 } from 'node:buffer';
import { UnexpectedContent, withFeedErrors } from '../../core/corrupt-feed.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { isCve } from '../../model/cve.ts';
import { emptyScoreBatch } from '../../model/score-batch.ts';
import type { EnrichmentRecord, FetchedFeed, OnFeedDate } from '../../plugin/index.ts';
import { readScoreLine } from './score-line.ts';

/** Maximum length of a line, in characters. */
const lineChars = 1000;
/** Maximum length of the version of the model, in characters. */
const modelVersionChars = 64;
/** Minimum length of a score line with its line break, in bytes: `CVE-1999-0001,0` has 16. */
const lineBytesMin = 16;
const lineFeed = 0x0a;

/**
 * Reads the scores of a day: a comment on the model, the header `cve,epss,percentile`, and one line per CVE. Files of the first years
 * have no comment, and the oldest files have no percentile.
 */
export function readScores(
  feed: string,
  content: FetchedFeed,
  onDate?: OnFeedDate,
): AsyncGenerator<EnrichmentRecord> {
  return withFeedErrors({ source: 'epss', feed, content }, scores(content, onDate));
}

async function* scores(
  { body, url }: FetchedFeed,
  onDate: OnFeedDate | undefined,
): AsyncGenerator<EnrichmentRecord> {
  const reader = new ScoreReader(onDate);
  for await (const bytes of wholeLinesOf(inflateStream(body, url))) yield* reader.read(bytes);
  reader.finish();
}

/** Reads the lines of a file chunk by chunk. */
class ScoreReader {
  readonly #onDate: OnFeedDate | undefined;
  #number = 0;
  #isBelowHeader = false;

  constructor(onDate: OnFeedDate | undefined) {
    this.#onDate = onDate;
  }

  *read(bytes: Buffer): Generator<EnrichmentRecord> {
    const batch = emptyScoreBatch(Math.ceil(bytes.length / lineBytesMin));
    for (let from = 0; from < bytes.length; ) {
      const to = bytes.indexOf(lineFeed, from);
      const isRead = this.#isBelowHeader && readScoreLine(bytes, { from, to }, batch);
      if (isRead) this.#number++;
      else yield* this.#readSlowly(bytes.toString('utf8', from, to));
      from = to + 1;
    }
    if (batch.count > 0) yield { kind: 'scores', batch };
  }

  finish(): void {
    if (!this.#isBelowHeader) throw new UnexpectedContent('its end', 'no line cve,epss,percentile');
  }

  *#readSlowly(text: string): Generator<EnrichmentRecord> {
    const line = text.replace(/\r$/, '');
    if (line === '') return;
    this.#number++;
    if (this.#isBelowHeader) yield scoreIn(line, this.#number);
    else if (/^cve,epss(,percentile)?$/.test(line)) this.#isBelowHeader = true;
    else if (line.startsWith('#')) noteDate(line, this.#onDate);
    else throw new UnexpectedContent(`line ${this.#number}`, 'not the line cve,epss,percentile');
  }
}

/** Reports date and model in a comment: `#model_version:v2023.03.01,score_date:2025-02-20T00:00:00+0000`. */
function noteDate(comment: string, onDate: OnFeedDate | undefined): void {
  const day = /score_date:(\d{4}-\d\d-\d\d)/.exec(comment)?.[1];
  const model = /model_version:([^,\s]+)/.exec(comment)?.[1];
  if (day !== undefined)
    onDate?.({ dated: day, by: 'feed', ...(model !== undefined && isModelVersion(model) && { model }) });
}

/** Whether a text has the form of the versions of the model: `v2023.03.01`. */
function isModelVersion(text: string): boolean {
  return text.length <= modelVersionChars && /^[\w.+-]+$/.test(text);
}

function scoreIn(line: string, number: number): EnrichmentRecord {
  const [, id = '', epss, percentile] = /^([^,]+),([\d.eE-]+)(?:,([\d.eE-]+))?$/.exec(line) ?? [];
  const score = Number(epss);
  const share = Number(percentile ?? 0);
  const isFraction = score >= 0 && score <= 1 && share >= 0 && share <= 1;
  if (!isCve(id) || !isFraction)
    return {
      kind: 'skipped',
      key: isCve(id) ? id : `line ${number}`,
      reason: 'not a CVE with two fractions of 1',
    };
  return { kind: 'enrichment', id, epss: { score, percentile: share } };
}

/** Yields for each chunk the lines that it completes. Throws if the last line has no line break. */
async function* wholeLinesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of body) {
    // An undamaged file is ASCII, so that no chunk boundary is within a character.
    if (!isUtf8(piece)) throw new UnexpectedContent('a line', 'not UTF-8');
    const bytes = Buffer.concat([rest, piece]);
    const end = bytes.lastIndexOf(lineFeed) + 1;
    rest = bytes.subarray(end);
    if (rest.length > lineChars) throw new UnexpectedContent('a line', `longer than ${lineChars} characters`);
    yield bytes.subarray(0, end);
  }
  if (rest.length > 0) throw new UnexpectedContent('its end', 'the last line is truncated');
}
