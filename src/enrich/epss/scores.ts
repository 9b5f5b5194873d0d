import { isUtf8 } from 'node:buffer';
import { fromFeed, UnexpectedContent } from '../../kit/corrupt-feed.ts';
import { inflated } from '../../kit/decompress/inflated.ts';
import { isCve } from '../../model/cve.ts';
import type { Enrichment, Fetched, OnFeedDate, SkippedRecord } from '../../plugin/index.ts';

/** No line of the file is longer than this many characters. */
const lineChars = 1000;

/**
 * The scores of a day: a comment on the model, which the first years lack, the line `cve,epss,percentile`, and a line for each
 * CVE. The very first files have no percentile.
 */
export function readScores(
  feed: string,
  content: Fetched,
  onDate?: OnFeedDate,
): AsyncGenerator<Enrichment | SkippedRecord> {
  return fromFeed({ source: 'epss', feed, content }, scores(content, onDate));
}

async function* scores(
  { body, url }: Fetched,
  onDate: OnFeedDate | undefined,
): AsyncGenerator<Enrichment | SkippedRecord> {
  let number = 0;
  let isBelowHeader = false;
  for await (const lines of linesOf(inflated(body, url))) {
    for (const line of lines) {
      number++;
      if (isBelowHeader) yield scoreIn(line, number);
      else if (/^cve,epss(,percentile)?$/.test(line)) isBelowHeader = true;
      else if (line.startsWith('#')) noteDate(line, onDate);
      else throw new UnexpectedContent(`line ${number}`, 'not the line cve,epss,percentile');
    }
  }
  if (!isBelowHeader) throw new UnexpectedContent('its end', 'it has no line cve,epss,percentile');
}

/** `#model_version:v2023.03.01,score_date:2025-02-20T00:00:00+0000` */
function noteDate(comment: string, onDate: OnFeedDate | undefined): void {
  const day = /score_date:(\d{4}-\d\d-\d\d)/.exec(comment)?.[1];
  if (day !== undefined) onDate?.({ dated: day, by: 'feed' });
}

function scoreIn(line: string, number: number): Enrichment | SkippedRecord {
  const [, id = '', epss, percentile] = /^([^,]+),([\d.eE-]+)(?:,([\d.eE-]+))?$/.exec(line) ?? [];
  const score = Number(epss);
  const share = Number(percentile ?? 0);
  const isFraction = score >= 0 && score <= 1 && share >= 0 && share <= 1;
  if (!isCve(id) || !isFraction)
    return { key: isCve(id) ? id : `line ${number}`, skipped: 'not a CVE with two fractions of 1' };
  return { id, epss: { score, percentile: share } };
}

/** The lines of a text, as many at a time as a piece completes, without blank ones. Only a line break ends a line. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  let rest = '';
  for await (const piece of body) {
    // ASCII but for damage: no character can be cut in two.
    if (!isUtf8(piece)) throw new UnexpectedContent('a line', 'not UTF-8');
    const lines = (rest + Buffer.from(piece).toString('utf8')).split(/\r?\n/);
    rest = lines.pop() ?? '';
    if (rest.length > lineChars) throw new UnexpectedContent('a line', `longer than ${lineChars} characters`);
    yield lines.filter((line) => line !== '');
  }
  if (rest !== '') throw new UnexpectedContent('its end', 'the last line is cut short');
}
