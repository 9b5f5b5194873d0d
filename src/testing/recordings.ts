import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod/mini';

/** Directory with recorded exchanges with a real Clair, beside the checkout. */
export const recordings: string = resolve(import.meta.dirname, '../../../shared/recordings');

const exchange = z.object({
  n: z.number(),
  note: z.string(),
  port: z.number(),
  method: z.string(),
  path: z.string(),
  request_headers: z.record(z.string(), z.string()),
  request_body: z.nullable(z.string()),
  status: z.number(),
  response_headers: z.array(z.tuple([z.string(), z.string()])),
  response_body: z.nullable(z.string()),
});

/** A request to a real Clair and its response. */
export type Exchange = z.output<typeof exchange>;

/** Returns the exchanges of one recording, in their order, without those that have no response. */
export function readExchanges(name: string): Exchange[] {
  const text = readFileSync(resolve(recordings, `${name}.jsonl`), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as object)
    .filter((line) => !('error' in line))
    .map((line) => z.parse(exchange, line));
}
