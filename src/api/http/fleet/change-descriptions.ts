import { findingCauses } from '../../../model/finding-changes.ts';
import { severities } from '../../../model/severity.ts';
import type { Schema } from '../go-schema.ts';
import { describedList, type RouteDescription } from '../openapi.ts';

const text: Schema = { type: 'string' };
const nullableText: Schema = { type: ['string', 'null'] };
const number: Schema = { type: 'integer' };
const nullableNumber: Schema = { type: ['integer', 'null'] };
const nullableSeverity: Schema = { enum: [...severities, null] };
const changed = { opened: number, closed: number, rerated: number };

const day = {
  type: 'string',
  summary: 'A day in UTC, such as `2026-01-31`; the last one by default.',
} as const;

/** The new and closed findings of a day by cause. */
export const changesType: Schema = {
  type: 'object',
  properties: {
    day: nullableText,
    since: nullableText,
    countedAt: nullableText,
    now: nullableNumber,
    before: nullableNumber,
    opened: nullableNumber,
    closed: nullableNumber,
    unexplained: nullableNumber,
    causes: {
      type: ['array', 'null'],
      items: {
        type: 'object',
        properties: {
          cause: { enum: [...findingCauses] },
          severity: nullableSeverity,
          subjects: number,
          ...changed,
        },
      },
    },
  },
};

/** Description of `GET /api/v1/summary/changes` for the OpenAPI document. */
export const changesDescription: RouteDescription = {
  summary: 'Returns how many findings of all images are new and closed since the day before, by cause.',
  query: { day },
  responseType: changesType,
  hasProblems: true,
  errorStatuses: [400, 503],
};

/** Description of `GET /api/v1/summary/changes/{cause}` for the OpenAPI document. */
export const changeListDescription: RouteDescription = describedList({
  name: 'changes',
  summary: 'Lists the images or vulnerabilities that changed findings on a day.',
  query: { day, severity: { type: 'string', summary: 'Severity of the vulnerabilities.' } },
  row: {
    type: 'object',
    properties: {
      subject: text,
      severity: nullableSeverity,
      digest: nullableText,
      reference: nullableText,
      ...changed,
    },
  },
  head: { day: nullableText },
  refusals: [404],
});
