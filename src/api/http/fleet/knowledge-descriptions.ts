import { severities } from '../../../model/severity.ts';
import { exploitations } from '../../../store/finding-count-store.ts';
import type { Schema } from '../go-schema.ts';
import { describedList, type RouteDescription } from '../openapi.ts';

const text: Schema = { type: 'string' };
const nullableText: Schema = { type: ['string', 'null'] };
const number: Schema = { type: 'integer' };
const texts: Schema = { type: 'array', items: text };
const failure: Schema = { type: ['object', 'null'], properties: { at: text, message: text } };

const eventProperties: Readonly<Record<string, Schema>> = {
  number,
  id: text,
  kind: { enum: ['new', 'changed', 'withdrawn'] },
  changed: texts,
  source: text,
  feed: text,
  at: text,
  severity: {
    type: 'object',
    properties: { before: { enum: [...severities, null] }, after: { enum: [...severities, null] } },
  },
};

/** The schema of an event of the log. */
export const eventSchema: Schema = { type: 'object', properties: eventProperties };

/** The severity with which the fleet lists a vulnerability. */
const rating: Schema = { enum: [...severities, null] };

const countedEventSchema: Schema = {
  ...eventSchema,
  properties: { ...eventProperties, images: { type: ['integer', 'null'] }, rating },
};

/** Description of `GET /api/v1/events` for the OpenAPI document. */
export const listedEventsDescription: RouteDescription = describedList({
  name: 'events',
  summary: 'Lists the changes of vulnerabilities after the first load of their feeds, the newest first.',
  query: {
    before: { type: 'integer', summary: 'Only events with a lower number.' },
    kind: { type: 'string', summary: '`new`, `changed` or `withdrawn`.' },
    day: { type: 'string', summary: 'Only events of this day in UTC: `2026-01-31`.' },
    id: { type: 'string', summary: 'Only events of the advisory with this id.' },
    rating: {
      type: 'string',
      summary:
        'Only events of vulnerabilities that images have with this severity. `none`: only of those that no image is known to have.',
    },
  },
  row: countedEventSchema,
});

/** Description of `GET /api/v1/events/counts` for the OpenAPI document. */
export const eventCountsDescription: RouteDescription = {
  summary:
    'Returns the numbers of the changes of a day, by kind and by the severity that images have them with.',
  query: {
    day: { type: 'string', summary: 'A day in UTC: `2026-01-31`. The newest day with changes by default.' },
  },
  responseType: {
    type: 'object',
    properties: {
      day: nullableText,
      complete: { type: 'boolean' },
      counts: {
        type: 'array',
        items: {
          type: 'object',
          properties: { kind: { enum: ['new', 'changed', 'withdrawn'] }, rating, events: number },
        },
      },
    },
  },
  hasProblems: true,
  errorStatuses: [400, 503],
};

const feed: Schema = {
  type: 'object',
  properties: {
    name: text,
    presence: { enum: ['loaded', 'failed'] },
    records: number,
    skipped: number,
    contentDate: nullableText,
    fetchedAt: text,
    checkedAt: text,
    appliedAt: nullableText,
    lastFailure: failure,
    nextRunAt: nullableText,
    namespaces: texts,
    days: {
      type: 'array',
      items: { type: 'object', properties: { day: text, new: number, changed: number, withdrawn: number } },
    },
  },
};

const source: Schema = {
  type: 'object',
  properties: {
    source: text,
    state: { enum: ['current', 'stale', 'failed'] },
    reason: nullableText,
    contentDate: nullableText,
    fetchedAt: nullableText,
    checkedAt: nullableText,
    lastFailure: failure,
    images: { type: ['integer', 'null'] },
    feeds: { type: 'array', items: feed },
  },
};

/** Description of `GET /api/v1/sources` for the OpenAPI document. */
export const sourcesDescription: RouteDescription = {
  summary:
    'Returns the state of each source with its feeds, and the numbers of their changes in the last 30 days.',
  responseType: {
    type: 'object',
    properties: {
      sources: { type: 'array', items: source },
      daysSince: nullableText,
      imagesCountedAt: nullableText,
    },
  },
  hasProblems: true,
  errorStatuses: [400, 503],
};

/** The schema of numbers of findings. */
export const findingCountsSchema: Schema = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      severity: { enum: [...severities] },
      fixable: { type: 'boolean' },
      exploited: { enum: [...exploitations] },
      findings: number,
    },
  },
};

/** The schema of the findings of days. */
export const historySchema: Schema = {
  type: 'object',
  properties: {
    days: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          day: text,
          countedAt: text,
          images: number,
          uncountedSets: number,
          counts: findingCountsSchema,
        },
      },
    },
    firstDay: nullableText,
  },
};

/** Description of `GET /api/v1/summary/history` for the OpenAPI document. */
export const historyDescription: RouteDescription = {
  summary: 'Returns the numbers of findings of all named images as counted last on each day.',
  query: {
    days: { type: 'integer', summary: 'Number of days, from 1 to 400, today included; 90 by default.' },
  },
  responseType: historySchema,
  hasProblems: true,
  errorStatuses: [400, 503],
};
