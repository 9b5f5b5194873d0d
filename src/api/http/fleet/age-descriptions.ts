import { severities } from '../../../model/severity.ts';
import type { Schema } from '../go-schema.ts';
import type { RouteDescription } from '../openapi.ts';

const text: Schema = { type: 'string' };
const nullableText: Schema = { type: ['string', 'null'] };
const count: Schema = { type: 'integer' };
const flag: Schema = { type: 'boolean' };

const quantile: Schema = { type: ['object', 'null'], properties: { days: count, exact: flag } };
const figures: Schema = {
  type: 'object',
  properties: { findings: count, atLeast: count, median: quantile, p90: quantile },
};

/** Description of `GET /api/v1/summary/ages` for the OpenAPI document. */
export const agesDescription: RouteDescription = {
  summary:
    'Returns how many days findings are open, and how many they were open until they were closed: the median and the ninth decile. A finding is a vulnerability in a repository. `atLeast` is the number of findings that were there at the first count of their repository. A quantile is not `exact` if they decide it. `severities` is null if no repository is counted. Rules and VEX statements do not apply.',
  query: {
    repository: {
      type: 'string',
      summary: 'A repository, or all below a path: `registry.example/shop/*`.',
    },
    days: { type: 'integer', summary: 'Days in which findings were closed, from 1 to 90; 90 by default.' },
  },
  responseType: {
    type: 'object',
    properties: {
      repository: nullableText,
      days: count,
      countedAt: nullableText,
      countedSince: nullableText,
      severities: {
        type: ['array', 'null'],
        items: {
          type: 'object',
          properties: { severity: { enum: [...severities] }, open: figures, closed: figures },
        },
      },
      paths: {
        type: 'array',
        items: { type: 'object', properties: { repository: text, open: figures, closed: figures } },
      },
      cut: flag,
    },
  },
  hasCsv: true,
  hasProblems: true,
  errorStatuses: [400, 403, 503],
};
