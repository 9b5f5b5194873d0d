import { severities } from '../../../model/severity.ts';
import { unassessedCodes } from '../../../model/unassessed-images.ts';
import type { Schema } from '../go-schema.ts';
import { asOfQuery, cellsPageQuery, pageQuery, partialQuery, type RouteDescription } from '../openapi.ts';
import { findingQuery } from './finding-descriptions.ts';
import { findingCountsSchema, historySchema } from './knowledge-descriptions.ts';

const text: Schema = { type: 'string' };
const nullableText: Schema = { type: ['string', 'null'] };
const number: Schema = { type: 'integer' };

const job: Schema = {
  type: 'object',
  properties: {
    id: text,
    state: { enum: ['waiting', 'running', 'done', 'failed'] },
    reference: text,
    platform: nullableText,
    lane: { enum: ['interactive', 'push', 're-analysis', 'backfill'] },
    attempt: number,
    step: nullableText,
    error: nullableText,
    digest: nullableText,
    createdAt: text,
    runAt: text,
    endedAt: nullableText,
    credentialsRef: text,
    report: text,
  },
};

const imageProperties: Schema = {
  number,
  reference: text,
  origin: text,
  digest: nullableText,
  platform: nullableText,
  created: nullableText,
  labels: { type: 'object', additionalProperties: text },
  names: { type: 'array', items: { type: 'object', properties: { name: text, since: text } } },
  layers: { type: 'array', items: text },
  firstSeen: text,
  lastSeen: text,
  untaggedSince: nullableText,
};

const countedImage: Schema = {
  type: 'object',
  properties: {
    ...imageProperties,
    namespaces: { type: ['array', 'null'], items: text },
    findings: {
      type: ['object', 'null'],
      properties: {
        countedAt: text,
        ...Object.fromEntries(severities.toReversed().map((one) => [one, number])),
        fixable: number,
        exploited: number,
      },
    },
    assessed: { enum: [false, null] },
    notAssessed: { type: 'array', items: text },
  },
};

/** Description of `POST /api/v1/images` for the OpenAPI document. */
export const postImageDescription: RouteDescription = {
  summary: 'Adds a scan of an image of a registry.',
  requestSchema: {
    type: 'object',
    required: ['reference'],
    additionalProperties: false,
    properties: { reference: text, platform: text, credentialsRef: text },
  },
  responseType: job,
  status: 202,
  hasProblems: true,
  errorStatuses: [400, 403, 421, 503],
};

/** Description of `GET /api/v1/jobs/:id` for the OpenAPI document. */
export const jobDescription: RouteDescription = {
  summary: 'Returns the state of a scan.',
  responseType: job,
  hasProblems: true,
  errorStatuses: [404, 503],
};

/** Description of `GET /api/v1/jobs` for the OpenAPI document. */
export const jobsDescription: RouteDescription = {
  summary: 'Lists the scans that have failed.',
  query: {
    state: { type: 'string', summary: '`failed`.' },
    registry: { type: 'string', summary: 'Only scans of images of this registry.' },
    ...cellsPageQuery('scans', 'string'),
  },
  responseType: { type: 'object', properties: { jobs: { type: 'array', items: job }, next: text } },
  hasProblems: true,
  errorStatuses: [400, 503],
};

/** Description of `GET /api/v1/summary` for the OpenAPI document. */
export const summaryDescription: RouteDescription = {
  summary: 'Returns the numbers of findings of all named images, and the state of each source.',
  query: { partial: partialQuery },
  responseType: {
    type: 'object',
    properties: {
      at: text,
      event: number,
      findings: {
        type: ['object', 'null'],
        properties: {
          countedAt: text,
          images: number,
          uncountedSets: number,
          counts: findingCountsSchema,
        },
      },
      notAssessed: {
        type: ['object', 'null'],
        properties: {
          images: number,
          uncounted: number,
          reasons: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                code: { enum: [...unassessedCodes] },
                reason: text,
                namespace: nullableText,
                images: number,
              },
            },
          },
        },
      },
      trend: historySchema,
      sources: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            source: text,
            state: { enum: ['current', 'stale', 'failed'] },
            reason: nullableText,
            feeds: number,
            contentDate: nullableText,
            fetchedAt: nullableText,
            checkedAt: nullableText,
            lastFailure: { type: ['object', 'null'], properties: { at: text, message: text } },
          },
        },
      },
    },
  },
  hasProblems: true,
  errorStatuses: [503],
};

/** Description of `GET /api/v1/reached` for the OpenAPI document. */
export const reachedDescription: RouteDescription = {
  summary:
    'Returns the time of the database and the number of its last event, for servers over several cells.',
  responseType: { type: 'object', properties: { at: text, event: number } },
  hasProblems: true,
  errorStatuses: [503],
};

const walk: Schema = {
  type: ['object', 'null'],
  properties: {
    startedAt: text,
    endedAt: nullableText,
    nextAt: nullableText,
    completedAt: nullableText,
    repositories: number,
    tags: number,
    added: number,
    gone: number,
    errors: number,
    error: nullableText,
  },
};

/** Description of `GET /api/v1/registries` for the OpenAPI document. */
export const registriesDescription: RouteDescription = {
  summary: 'Returns the state of each watched registry.',
  responseType: {
    type: 'object',
    properties: {
      registries: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            name: text,
            registry: text,
            state: { enum: ['waiting', 'walking', 'walked', 'failed'] },
            failedScans: number,
            lastWalk: walk,
          },
        },
      },
    },
  },
  hasProblems: true,
  errorStatuses: [503],
};

/** Description of `POST /api/v1/registries/:name/walk` for the OpenAPI document. */
export const walkDescription: RouteDescription = {
  summary: 'Makes the walk of a watched registry due now.',
  responseType: { type: 'object', properties: { name: text, registry: text } },
  status: 202,
  hasProblems: true,
  errorStatuses: [404, 503],
};

/** Description of `POST /api/v1/webhooks/:registry` for the OpenAPI document. */
export const webhookDescription: RouteDescription = {
  summary: 'Looks at the tags that a notification of Distribution, Harbor, Quay or Docker Hub names.',
  query: {
    secret: { type: 'string', summary: 'The secret of the registry, for senders that cannot send a header.' },
  },
  requestSchema: { type: 'object' },
  responseType: { type: 'object', properties: { looking: number } },
  status: 202,
  hasProblems: true,
  errorStatuses: [400, 401, 404, 429, 503],
};

/** Description of `POST /api/v1/jobs/:id/retry` for the OpenAPI document. */
export const retryDescription: RouteDescription = {
  summary: 'Runs a failed scan again.',
  responseType: job,
  hasProblems: true,
  errorStatuses: [404, 503],
};

const imageTotal: Schema = {
  type: ['object', 'null'],
  properties: { images: number, uncounted: number, countedAt: text },
};

/** Description of `GET /api/v1/images` for the OpenAPI document. */
export const imagesDescription: RouteDescription = {
  summary: 'Lists the images that scans have read, with their names, and their findings as last counted.',
  hasCsv: true,
  query: {
    ...cellsPageQuery('images', 'string'),
    repository: {
      type: 'string',
      summary:
        'Only images that this repository has or had; for a token that is limited to repositories, those that it has.',
    },
    untagged: { type: 'string', summary: '`true`: only images that have lost all of their tags.' },
    q: { type: 'string', summary: 'Only images with this part in a name, or with a digest that begins so.' },
    namespace: {
      type: 'string',
      summary: 'Only images with packages of this namespace; `none`: those without any.',
    },
    upgrade: {
      type: 'string',
      summary:
        'Only images with a finding that an upgrade of this package or source package closes; with `namespace`, only findings of that namespace.',
    },
    vulnerability: {
      type: 'string',
      summary:
        'Only images with a finding of this vulnerability, which `namespace` and `repository` then limit as they do in `/findings`.',
    },
    purl: { type: 'string', summary: 'With `vulnerability`: only findings of the package with this purl.' },
    source: { type: 'string', summary: 'Only images that rely on the advisories of this source.' },
    label: { type: 'string', summary: 'Only images with this label: `KEY` or `KEY=VALUE`.' },
    ...findingQuery,
    assessed: {
      type: 'string',
      summary:
        '`false`: only images that are known not to be assessed. `true`: only counted images of which this is not known. Pages may be short.',
    },
    sort: {
      type: 'string',
      summary: '`risk`: the worst findings first. `seen`: the newest image first. Else by rising number.',
    },
  },
  responseType: {
    type: 'object',
    properties: {
      total: imageTotal,
      images: { type: 'array', items: countedImage },
      next: { type: ['integer', 'string'] },
    },
  },
  hasProblems: true,
  errorStatuses: [400, 403, 404, 503],
};

/** Description of `GET /api/v1/images/:digest/report` for the OpenAPI document. */
export const reportDescription: RouteDescription = {
  summary: 'Returns the report of an image, in the format of `format` or of the `Accept` header.',
  query: {
    asOf: asOfQuery,
    name: {
      type: 'string',
      summary:
        'Reference of the image whose VEX statements apply. Without it, they must apply to all current names.',
    },
    format: { type: 'string', summary: 'Name of a format, as of `clair scan --format`; `json` by default.' },
    platform: { type: 'string', summary: 'Platform of the image, if the digest is that of an index.' },
  },
  responseType: 'text',
  hasProblems: true,
  errorStatuses: [400, 404, 406, 409, 503],
};

const suppression: Schema = {
  type: 'object',
  properties: {
    name: text,
    sha256: text,
    savedAt: text,
    savedBy: nullableText,
    rules: number,
    statements: number,
    error: text,
  },
};

/** Description of `GET /api/v1/suppressions` for the OpenAPI document. */
export const suppressionsDescription: RouteDescription = {
  summary: 'Lists the files of rules and VEX documents that clients have saved.',
  responseType: { type: 'object', properties: { suppressions: { type: 'array', items: suppression } } },
  hasProblems: true,
  errorStatuses: [503],
};

/** Description of `GET /api/v1/suppressions/:name` for the OpenAPI document. */
export const suppressionDescription: RouteDescription = {
  summary: 'Returns the content of a file of rules or of a VEX document.',
  responseType: 'text',
  hasProblems: true,
  errorStatuses: [404, 503],
};

/** Description of `PUT /api/v1/suppressions/:name` for the OpenAPI document. */
export const putSuppressionDescription: RouteDescription = {
  summary: 'Checks and saves a file of rules, or a VEX document if the name ends with `.json`.',
  requestSchema: text,
  responseType: suppression,
  hasProblems: true,
  errorStatuses: [400, 409, 413, 503],
};

/** Description of `DELETE /api/v1/suppressions/:name` for the OpenAPI document. */
export const deleteSuppressionDescription: RouteDescription = {
  summary: 'Deletes a file of rules or a VEX document.',
  status: 204,
  hasProblems: true,
  errorStatuses: [404, 503],
};

const auditEntry: Schema = {
  type: 'object',
  properties: {
    number,
    at: text,
    actor: nullableText,
    action: { enum: ['saved', 'deleted'] },
    subject: text,
    before: nullableText,
    after: nullableText,
  },
};

/** Description of `GET /api/v1/audit` for the OpenAPI document. */
export const auditDescription: RouteDescription = {
  summary:
    'Lists the changes of rules and VEX documents by clients, and the attached documents that came or went, the newest first.',
  query: {
    ...pageQuery('entries', 'string'),
  },
  responseType: {
    type: 'object',
    properties: { entries: { type: 'array', items: auditEntry }, next: text },
  },
  hasProblems: true,
  errorStatuses: [400, 503],
};
