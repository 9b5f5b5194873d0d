import { severities } from '../../../model/severity.ts';
import type { Schema } from '../go-schema.ts';
import { asOfQuery, describedList, type RouteDescription } from '../openapi.ts';
import { exploitationSchema, findingQuery, scoreSchema } from './finding-descriptions.ts';

const text: Schema = { type: 'string' };
const nullableText: Schema = { type: ['string', 'null'] };
const number: Schema = { type: 'integer' };
const texts: Schema = { type: 'array', items: text };
const severity: Schema = { enum: [...severities] };
const fix: Schema = { type: 'object', properties: { state: text, version: text } };

const listed: Schema = {
  type: 'object',
  properties: {
    id: text,
    severity,
    exploited: exploitationSchema,
    epss: scoreSchema,
    fixable: { type: 'boolean' },
    images: number,
    packages: number,
  },
};

/** Description of `GET /api/v1/advisories` for the OpenAPI document. */
export const advisoriesDescription: RouteDescription = describedList({
  name: 'advisories',
  things: 'vulnerabilities',
  summary: 'Lists the vulnerabilities that images have, as servers have last counted them.',
  query: {
    q: { type: 'string', summary: 'Only vulnerabilities with this part in their id.' },
    ...findingQuery,
    sort: {
      type: 'string',
      summary:
        '`severity`: the worst first, by default. `images`: in the most images first. `epss`: the highest first.',
    },
  },
  row: listed,
});

const statement: Schema = {
  type: 'object',
  properties: { namespace: text, package: text, range: { type: 'object' }, fix, severity },
};

const change: Schema = {
  type: 'object',
  properties: {
    number,
    at: text,
    kind: { enum: ['new', 'changed', 'withdrawn'] },
    changed: texts,
  },
};

const source: Schema = {
  type: 'object',
  properties: {
    source: text,
    feed: text,
    advisory: text,
    title: nullableText,
    issued: nullableText,
    statements: { type: 'array', items: statement },
    moreStatements: number,
    since: text,
    changes: { type: 'array', items: change },
  },
};

const ratingList: Schema = {
  type: 'object',
  properties: {
    source: text,
    status: { enum: ['complete', 'stale'] },
    contentDate: nullableText,
    model: text,
    fetchedAt: text,
    reason: nullableText,
  },
};

/** Description of `GET /api/v1/advisories/:id` for the OpenAPI document. */
export const advisoryDescription: RouteDescription = {
  summary: 'Returns what each source says about a vulnerability, under any of its names.',
  responseType: {
    type: 'object',
    properties: {
      id: text,
      aliases: texts,
      severity,
      severitySource: nullableText,
      cvss: { type: 'array', items: { type: 'object' } },
      epss: scoreSchema,
      epssPercentile: scoreSchema,
      exploited: {
        type: 'array',
        items: { type: 'object', properties: { source: text, date: nullableText } },
      },
      description: nullableText,
      links: texts,
      weaknesses: texts,
      lists: { type: 'array', items: ratingList },
      images: { type: ['integer', 'null'] },
      sources: { type: 'array', items: source },
    },
  },
  hasProblems: true,
  errorStatuses: [404, 503],
};

const affected: Schema = {
  type: 'object',
  properties: {
    identity: text,
    names: texts,
    reference: text,
    digest: nullableText,
    untaggedSince: nullableText,
    certain: { type: 'boolean' },
    packages: { type: 'array', items: { type: 'object' } },
  },
};

/** Description of `GET /api/v1/advisories/:id/images` for the OpenAPI document. */
export const advisoryImagesDescription: RouteDescription = describedList({
  name: 'images',
  summary:
    'Lists the images that a vulnerability affects, with packages and layers, by the current advisories. Rules and VEX statements apply.',
  query: {
    asOf: asOfQuery,
  },
  row: affected,
  head: { suppressed: number },
  refusals: [404],
});
