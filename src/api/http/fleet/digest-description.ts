import { severities } from '../../../model/severity.ts';
import { exploitations } from '../../../store/finding-count-store.ts';
import type { Schema } from '../go-schema.ts';
import type { RouteDescription } from '../openapi.ts';
import { changesType } from './change-descriptions.ts';

const text: Schema = { type: 'string' };
const nullableText: Schema = { type: ['string', 'null'] };
const number: Schema = { type: 'integer' };
const flag: Schema = { type: 'boolean' };
const nullableNumber: Schema = { type: ['integer', 'null'] };
const compared = { now: number, before: nullableNumber };
const comparedCount: Schema = { type: 'object', properties: compared };

function listOf(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'array', items: { type: 'object', properties } };
}

/** Description of `GET /api/v1/digest` for the OpenAPI document. */
export const digestDescription: RouteDescription = {
  summary: 'Returns what the next daily mail would say, without sending it.',
  query: { format: { type: 'string', summary: '`json`, or `text` or `html` for a part of the mail.' } },
  responseType: {
    type: 'object',
    properties: {
      since: text,
      at: text,
      findings: {
        type: ['object', 'null'],
        properties: {
          countedAt: text,
          images: number,
          bySeverity: listOf({ severity: { enum: [...severities] }, ...compared }),
          all: comparedCount,
          fixable: comparedCount,
          exploited: comparedCount,
        },
      },
      changes: { type: 'array', items: changesType },
      advisories: {
        type: 'object',
        properties: {
          new: number,
          changed: number,
          withdrawn: number,
          isComplete: flag,
          found: listOf({
            id: text,
            severity: { enum: [...severities] },
            exploited: { enum: [...exploitations] },
            images: number,
          }),
        },
      },
      images: {
        type: ['object', 'null'],
        properties: { new: number, isComplete: flag, counted: number, findings: number, exploited: number },
      },
      currentSources: number,
      otherSources: listOf({ source: text, state: { enum: ['stale', 'failed'] }, reason: nullableText }),
      notAssessed: {
        type: 'object',
        properties: { uncountedSets: nullableNumber, failedScans: number },
      },
    },
  },
  hasProblems: true,
  errorStatuses: [400, 503],
};
