import { isMainThread, parentPort } from 'node:worker_threads';
import { nvd } from './enrich/nvd/nvd.ts';
import type { FromParser, ToParser } from './parser-pool/parser-thread.ts';
import { type DocumentBatch, parseBatch, type ReadText } from './service/feeds/document-batch.ts';
import { rhel } from './source/rhel/rhel.ts';

/** The sources with a reader of documents. This thread loads no others, so that it starts quickly. */
const sources = [rhel, nvd];

async function readerOf({ source, feed, url }: DocumentBatch): Promise<ReadText> {
  const reader = await sources.find(({ name }) => name === source)?.documentReader?.(feed, { url });
  if (reader === undefined) throw new Error(`the source ${source} has no reader of documents`);
  return reader;
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  port.on('message', ({ id, batch }: ToParser) => {
    void readerOf(batch).then((read) => {
      port.postMessage({ id, parsed: JSON.stringify(parseBatch(batch, read)) } satisfies FromParser);
    });
  });
}
