import type { Schema } from '../go-schema.ts';
import type { RouteDescription } from '../openapi.ts';

const text: Schema = { type: 'string' };
const nullableText: Schema = { type: ['string', 'null'] };

const affectedPackage: Schema = {
  type: 'object',
  properties: {
    type: text,
    name: text,
    version: text,
    source: { type: ['object', 'null'], properties: { name: text, version: text } },
    purl: text,
    location: { type: 'object', properties: { path: text, layer: nullableText } },
    fix: { type: 'object', properties: { state: text, version: text } },
    severity: text,
  },
};

const affectedImage: Schema = {
  type: 'object',
  properties: {
    identity: text,
    names: { type: 'array', items: text },
    certain: { type: 'boolean' },
    packages: { type: 'array', items: affectedPackage },
  },
};

/** What `GET /affected/:id` is for. */
export const affectedDescription: RouteDescription = {
  summary: 'Tells which images a vulnerability affects, in which packages and layers, and what fixes it.',
  query: {
    limit: { type: 'integer', summary: 'How many at the most: up to 1000, and 100 where it is not said.' },
    after: { type: 'string', summary: 'Where to go on: `next` of the page before.' },
  },
  responseType: {
    type: 'object',
    properties: {
      schemaVersion: { type: 'integer' },
      vulnerability: text,
      images: { type: 'array', items: affectedImage },
      next: text,
    },
  },
  errorStatuses: [400, 404, 503],
};

/** What `GET /events` is for. */
export const eventsDescription: RouteDescription = {
  summary:
    'Tells what becomes known of vulnerabilities, as server-sent events, and goes on after `Last-Event-ID`.',
  query: {
    after: {
      type: 'integer',
      summary: 'The number of an event: those behind it; from now on where it is not said.',
    },
    severity: { type: 'string', summary: 'Only what is this severe or worse.' },
    fixable: { type: 'string', summary: '`true`: only what has a fix.' },
    namespace: {
      type: 'string',
      summary: 'Only of this namespace, or of all of a kind; may come several times.',
    },
  },
  responseType: 'events',
  errorStatuses: [400, 503],
};
