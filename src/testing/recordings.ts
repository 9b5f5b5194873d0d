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

/** A request with its response, or without one. */
const v4Request = z.object({
  method: z.string(),
  path: z.string(),
  request_body: z.optional(z.nullable(z.string())),
  status: z.optional(z.number()),
  response_body: z.optional(z.nullable(z.string())),
});

const v4Line = z.object({
  n: z.number(),
  note: z.string(),
  port: z.optional(z.literal('introspection')),
  method: z.optional(z.string()),
  path: z.optional(z.string()),
  request_headers: z.optional(z.record(z.string(), z.union([z.string(), z.array(z.string())]))),
  request_body: z.optional(z.nullable(z.string())),
  request_body_b64: z.optional(z.string()),
  status: z.optional(z.number()),
  response_headers: z.optional(z.array(z.tuple([z.string(), z.string()]))),
  response_body: z.optional(z.nullable(z.string())),
  layer_requests: z.optional(z.array(z.object({ path: z.string() }))),
  background: z.optional(v4Request),
  parallel: z.optional(z.array(v4Request)),
  left: z.optional(v4Request),
  client_requests: z.optional(
    z.array(z.object({ method: z.string(), path: z.string(), body: z.string(), status: z.number() })),
  ),
  command: z.optional(z.array(z.string())),
  stdout: z.optional(z.string()),
  manifests: z.optional(z.array(z.looseObject({ hash: z.string() }))),
  amqp: z.optional(z.object({ properties: z.record(z.string(), z.string()), body: z.string() })),
  stomp: z.optional(z.object({ headers: z.array(z.string()), body: z.string() })),
  webhook: z.optional(z.object({ headers: z.array(z.tuple([z.string(), z.string()])), body: z.string() })),
});

/** A line of a recording of Clair v4: a request with its response, or an event between them. */
export type V4Line = z.output<typeof v4Line>;

/** Returns the lines of one recording of Clair v4, in their order. */
export function readV4Lines(name: string): V4Line[] {
  const text = readFileSync(resolve(recordings, `${name}.jsonl`), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => z.parse(v4Line, JSON.parse(line)));
}

const harborLine = z.object({
  n: z.number(),
  note: z.string(),
  method: z.optional(z.string()),
  path: z.optional(z.string()),
  request_headers: z.optional(z.record(z.string(), z.string())),
  request_body: z.optional(z.nullable(z.string())),
  status: z.optional(z.number()),
  response_headers: z.optional(z.array(z.tuple([z.string(), z.string()]))),
  response_body: z.optional(z.nullable(z.string())),
  /** Layer and digest of the images in the registry. */
  images: z.optional(z.record(z.string(), z.tuple([z.string(), z.string()]))),
});

/** A line of a recording of Harbor's adapter: a request with its response, or an event between them. */
export type HarborLine = z.output<typeof harborLine>;

/** Returns the lines of one recording of Harbor's adapter, in their order. */
export function readHarborLines(name: string): HarborLine[] {
  const text = readFileSync(resolve(recordings, `${name}.jsonl`), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => z.parse(harborLine, JSON.parse(line)));
}

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
