import { severities } from '../../../model/severity.ts';
import type { Schema } from '../go-schema.ts';
import type { RouteDescription } from '../openapi.ts';

const text: Schema = { type: 'string' };
const nullableText: Schema = { type: ['string', 'null'] };
const number: Schema = { type: 'number' };
const count: Schema = { type: 'integer' };

const sumProperties = {
  ...Object.fromEntries(severities.map((severity) => [severity, count])),
  ...{ findings: count, exploited: count },
};
const sum: Schema = { type: 'object', properties: sumProperties };
const nullableSum: Schema = { type: ['object', 'null'], properties: sumProperties };

const upgrade: Schema = {
  type: 'object',
  properties: {
    rank: count,
    kind: { enum: ['distro-package', 'language-package', 'rebuild', 'base-image'] },
    ...{ namespace: nullableText, package: nullableText, version: nullableText, versions: count },
    ...{ fixedVersion: nullableText, images: count, closes: sum, gain: number, residual: number, text },
  },
};

const prior: Schema = {
  type: 'object',
  properties: {
    severity: { enum: [...severities] },
    probability: number,
    by: { enum: ['median', 'constant'] },
    ...{ scores: count, findings: count },
  },
};

/** Description of `GET /api/v1/upgrades` for the OpenAPI document. */
export const upgradesDescription: RouteDescription = {
  summary:
    'Lists what to upgrade first in images, as servers have last ranked it; for a repository, as of the last count of findings. All members are null before the first time. With `Accept: text/markdown`, a text for a ticket. Rules and VEX statements do not apply.',
  query: {
    repository: { type: 'string', summary: 'Only of images that have a name in this repository now.' },
    limit: { type: 'integer', summary: 'Maximum number of upgrades, from 1 to 100; 10 by default.' },
  },
  responseType: {
    type: 'object',
    properties: {
      upgrades: { type: ['array', 'null'], items: upgrade },
      ...{ before: nullableSum, after: nullableSum, countedAt: nullableText },
      priors: { type: 'array', items: prior },
    },
  },
  hasCsv: true,
  hasProblems: true,
  errorStatuses: [400, 403, 503],
};
