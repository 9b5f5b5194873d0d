import { severities } from '../../../model/severity.ts';
import { exploitations } from '../../../store/finding-count-store.ts';
import type { Schema } from '../go-schema.ts';
import { asOfQuery, type RouteDescription } from '../openapi.ts';

const text: Schema = { type: 'string' };
const nullableText: Schema = { type: ['string', 'null'] };
const number: Schema = { type: 'integer' };
const texts: Schema = { type: 'array', items: text };
const severity: Schema = { enum: [...severities] };
const platformQuery = {
  type: 'string',
  summary: 'Platform of an image, if several have the name or digest.',
} as const;

const fix: Schema = { type: 'object', properties: { state: text, version: text, availableSince: text } };

const check: Schema = {
  type: 'object',
  properties: {
    name: { enum: ['namespace', 'source', 'package', 'build', 'state', 'version'] },
    holds: { type: ['boolean', 'null'] },
    words: text,
    comparisons: { type: 'array', items: { type: 'object' } },
  },
};

const explainedRow: Schema = {
  type: 'object',
  properties: {
    source: text,
    feed: text,
    advisory: text,
    namespace: text,
    package: text,
    range: { type: 'object' },
    fix,
    severity,
    only: { type: ['object', 'null'] },
    modified: nullableText,
    knownSince: text,
    fetchedAt: nullableText,
    confidence: text,
    checks: { type: 'array', items: check },
  },
};

/** Description of `GET /api/v1/images/:digest/explain` for the OpenAPI document. */
export const explainDescription: RouteDescription = {
  summary: 'Explains why the report of an image has a vulnerability, or why not, as `clair explain` does.',
  query: {
    vulnerability: { type: 'string', summary: 'Its id, or another name of it.', isRequired: true },
    package: {
      type: 'string',
      summary: 'Name or package URL of a package. By default, all that the advisories cover.',
    },
    asOf: asOfQuery,
    platform: platformQuery,
  },
  responseType: {
    type: 'object',
    properties: {
      schemaVersion: number,
      target: { type: 'object' },
      distro: { type: ['object', 'null'] },
      id: text,
      packages: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            package: { type: 'object' },
            layer: { type: ['object', 'null'] },
            remarks: texts,
            outcome: { enum: ['reported', 'suppressed', 'not-reported', 'undecided'] },
            reason: text,
            vulnerability: { type: ['object', 'null'] },
            rows: { type: 'array', items: explainedRow },
          },
        },
      },
      remarks: texts,
      isKnown: {
        type: 'boolean',
        description:
          'False if the image may be affected although no package is listed: not all of it was read or can be looked up, or no advisory has the name.',
      },
      coverage: { type: 'array', items: { type: 'object' } },
      verdict: { enum: ['vulnerable', 'clean', 'not-assessed'] },
      statuses: { type: 'array', items: { type: 'object' } },
      lists: { type: 'array', items: { type: 'object' } },
    },
  },
  hasProblems: true,
  errorStatuses: [400, 404, 409, 503],
};

const side: Schema = {
  type: 'object',
  properties: {
    digest: nullableText,
    platform: nullableText,
    names: texts,
    asOf: text,
    packages: number,
    findings: number,
    verdict: { enum: ['vulnerable', 'clean', 'not-assessed'] },
    assessed: { type: 'boolean' },
    notAssessed: texts,
  },
};

const finding = {
  vulnerability: text,
  severity,
  exploited: { enum: [...exploitations] },
  epss: { type: ['number', 'null'] },
  package: { type: 'object', properties: { type: text, name: text, versions: texts } },
  fix,
  cause: { enum: ['image', 'knowledge'] },
} satisfies Record<string, Schema>;

const findingsWith = (more: Record<string, Schema>): Schema => ({
  type: 'array',
  items: { type: 'object', properties: { ...finding, ...more } },
});

const packages: Schema = {
  type: 'array',
  items: { type: 'object', properties: { type: text, name: text, versions: texts } },
};

/** Description of `GET /api/v1/diff` for the OpenAPI document. */
export const diffDescription: RouteDescription = {
  summary:
    'Compares two images, or one image at two times: what changed with the image, and what with the advisories.',
  query: {
    a: { type: 'string', summary: 'Digest or name of an image.', isRequired: true },
    b: { type: 'string', summary: 'Digest or name of an image.', isRequired: true },
    aAsOf: { ...asOfQuery, summary: `For \`a\`: ${asOfQuery.summary}` },
    bAsOf: { ...asOfQuery, summary: `For \`b\`: ${asOfQuery.summary}` },
    platform: platformQuery,
  },
  responseType: {
    type: 'object',
    properties: {
      a: side,
      b: side,
      findings: {
        type: 'object',
        properties: {
          gone: findingsWith({ suppressed: nullableText }),
          new: findingsWith({}),
          changed: findingsWith({ before: { type: 'object', properties: { severity, fix } } }),
          same: number,
        },
      },
      packages: {
        type: 'object',
        properties: {
          added: packages,
          removed: packages,
          changed: {
            type: 'array',
            items: { type: 'object', properties: { type: text, name: text, from: texts, to: texts } },
          },
        },
      },
      headline: text,
    },
  },
  hasProblems: true,
  errorStatuses: [400, 404, 409, 503],
};
