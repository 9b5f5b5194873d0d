import { severities } from '../../../model/severity.ts';
import type { Schema } from '../go-schema.ts';
import { asOfQuery, type RouteDescription } from '../openapi.ts';

const text: Schema = { type: 'string' };
const nullableText: Schema = { type: ['string', 'null'] };
const number: Schema = { type: 'number' };
const count: Schema = { type: 'integer' };

const sumProperties = {
  ...Object.fromEntries(severities.map((severity) => [severity, count])),
  findings: count,
  exploited: count,
};
const sum: Schema = { type: 'object', properties: sumProperties };
const nullableSum: Schema = { type: ['object', 'null'], properties: sumProperties };

/** Members of an upgrade of the fleet and of one image. */
const upgradeProperties = {
  rank: count,
  kind: { enum: ['distro-package', 'language-package', 'rebuild', 'base-image'] },
  namespace: nullableText,
  package: nullableText,
  fixedVersion: nullableText,
  images: count,
  closes: sum,
  gain: number,
  residual: number,
  text,
};
const upgrade: Schema = {
  type: 'object',
  properties: { ...upgradeProperties, version: nullableText, versions: count },
};

const prior: Schema = {
  type: 'object',
  properties: {
    severity: { enum: [...severities] },
    probability: number,
    by: { enum: ['median', 'constant'] },
    scores: count,
    findings: count,
  },
};

/** Description of `GET /api/v1/upgrades` for the OpenAPI document. */
export const upgradesDescription: RouteDescription = {
  summary:
    'Lists what to upgrade first in images, as servers have last ranked it; for a repository or a label, as of the last count of findings. All members are null before the first time. With `Accept: text/markdown`, a text for a ticket. Rules and VEX statements do not apply.',
  query: {
    repository: { type: 'string', summary: 'Only of images that have a name in this repository now.' },
    label: { type: 'string', summary: 'Only of images with this label: `KEY`, or `KEY=VALUE`.' },
    limit: { type: 'integer', summary: 'Maximum number of upgrades, from 1 to 100; 10 by default.' },
  },
  responseType: {
    type: 'object',
    properties: {
      upgrades: { type: ['array', 'null'], items: upgrade },
      before: nullableSum,
      after: nullableSum,
      countedAt: nullableText,
      hasImages: {
        type: 'boolean',
        description: 'Whether the server knows any image of the repository and the label.',
      },
      priors: { type: 'array', items: prior },
      weights: {
        type: 'array',
        description: 'Labels of images whose risk counts more than once in the order: `upgrades.weights`.',
        items: { type: 'object', properties: { label: text, weight: count } },
      },
    },
  },
  hasCsv: true,
  hasProblems: true,
  errorStatuses: [400, 403, 503],
};

const remaining: Schema = {
  type: 'object',
  properties: {
    reason: text,
    sum,
    risk: number,
    findings: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          id: text,
          severity: { enum: [...severities] },
          package: { type: 'object', properties: { type: text, name: text, version: text } },
        },
      },
    },
  },
};

/** Description of `GET /api/v1/images/{digest}/upgrades` for the OpenAPI document. */
export const imageUpgradesDescription: RouteDescription = {
  summary:
    'Returns what to upgrade first in an image, with what is left and what could not be judged, as `clair upgrade --base auto` does. Rules and VEX statements apply. With `Accept: text/markdown`, a text for a ticket; with `text/x-dockerfile`, instructions to append to its Dockerfile.',
  query: {
    limit: { type: 'integer', summary: 'Maximum number of upgrades; all by default.' },
    asOf: asOfQuery,
    platform: { type: 'string', summary: 'The platform, if the digest is that of several images.' },
  },
  responseType: {
    type: 'object',
    properties: {
      schemaVersion: count,
      target: { type: 'object' },
      verdict: text,
      upgrades: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            ...upgradeProperties,
            versions: { type: 'array', items: text },
            packages: { type: 'array', items: { type: 'object' } },
          },
        },
      },
      before: sum,
      after: sum,
      risk: { type: 'object', properties: { before: number, after: number } },
      priors: { type: 'array', items: prior },
      remaining: { type: 'array', items: remaining },
      doubts: { type: 'array', items: text },
    },
  },
  hasProblems: true,
  errorStatuses: [400, 403, 404, 409, 503],
};
