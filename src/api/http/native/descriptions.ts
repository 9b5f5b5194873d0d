import type { Schema } from '../go-schema.ts';
import { asOfQuery, cellsPageQuery, type RouteDescription } from '../openapi.ts';

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
    reference: text,
    digest: nullableText,
    untaggedSince: nullableText,
    certain: { type: 'boolean' },
    packages: { type: 'array', items: affectedPackage },
    position: text,
  },
};

/** Description of `GET /affected/:id` for the OpenAPI document. */
export const affectedDescription: RouteDescription = {
  summary: 'Lists the images that a vulnerability affects, with the packages, their layers and the fix.',
  query: {
    ...cellsPageQuery('images', 'string'),
    asOf: asOfQuery,
  },
  responseType: {
    type: 'object',
    properties: {
      schemaVersion: { type: 'integer' },
      vulnerability: text,
      images: { type: 'array', items: affectedImage },
      suppressed: { type: 'integer' },
      next: text,
    },
  },
  errorStatuses: [400, 404, 503],
};

/** Description of `GET /events` for the OpenAPI document. */
export const eventsDescription: RouteDescription = {
  summary: 'Streams changes of vulnerabilities as server-sent events, and resumes after `Last-Event-ID`.',
  query: {
    after: {
      type: 'integer',
      summary: 'The number of an event: stream the events after it. By default, only new events.',
    },
    severity: { type: 'string', summary: 'Only vulnerabilities of this severity or worse.' },
    fixable: { type: 'string', summary: '`true`: only vulnerabilities with a fix.' },
    namespace: {
      type: 'string',
      summary: 'Only vulnerabilities of this namespace, or of all namespaces of a kind. May be repeated.',
    },
  },
  responseType: 'events',
  errorStatuses: [400, 503],
};
