import { v4DistributionMembers } from '../../../report/clair4/types.ts';
import type { Schema } from '../go-schema.ts';
import type { QueryDescription, RouteDescription } from '../openapi.ts';

const text: Schema = { type: 'string' };
const integer: Schema = { type: 'integer' };
const date: Schema = { type: 'string', format: 'date-time' };
const severity: Schema = {
  type: 'string',
  enum: ['Unknown', 'Negligible', 'Low', 'Medium', 'High', 'Critical'],
};

function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

function mapOf(values: Schema): Schema {
  return { type: 'object', additionalProperties: values };
}

/** Returns the schema of an object whose members are always there, besides the optional ones. */
function objectOf(
  properties: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
): Schema {
  const required = Object.keys(properties);
  return {
    type: 'object',
    properties: { ...properties, ...optional },
    ...(required.length > 0 && { required }),
  };
}

const packageMembers = { id: text, name: text, version: text, normalized_version: text, cpe: text };
const optionalMembers = { kind: text, arch: text };
const detector: Schema = { type: ['string', 'null'] };
const sourcePackage = objectOf({ ...packageMembers, detector }, optionalMembers);
const onePackage = objectOf({ ...packageMembers, detector }, { ...optionalMembers, source: sourcePackage });
const distribution = objectOf(Object.fromEntries(v4DistributionMembers.map((member) => [member, text])));
const repository = objectOf({ cpe: text }, { id: text, name: text, key: text, uri: text });
const contents = {
  manifest_hash: text,
  packages: mapOf(onePackage),
  distributions: mapOf(distribution),
  repository: mapOf(repository),
  environments: mapOf(
    listOf(
      objectOf({
        package_db: text,
        introduced_in: text,
        distribution_id: text,
        repository_ids: listOf(text),
      }),
    ),
  ),
};
const indexReport = objectOf({ ...contents, state: text, success: { type: 'boolean' }, err: text });
const summary = {
  name: text,
  description: text,
  links: text,
  severity: text,
  normalized_severity: severity,
  package: onePackage,
  distribution,
  fixed_in_version: text,
};
const vulnerability = objectOf({ ...summary, id: text, updater: text, issued: date, repository });
const operation = objectOf({ ref: text, updater: text, fingerprint: text, date, kind: text });
const layer = objectOf({ hash: text, uri: text }, { headers: mapOf(listOf(text)), media_type: text });

const errors: Pick<RouteDescription, 'errorSchema'> = {
  errorSchema: objectOf({ code: text, message: text }),
};

function parameter(summaryText: string, type: QueryDescription['type'] = 'string'): QueryDescription {
  return { type, summary: summaryText };
}

/** Descriptions of the routes of the v4 API, by the name of the route. */
export const v4Descriptions: Readonly<Record<string, RouteDescription>> = {
  getIndexState: {
    ...errors,
    summary: 'Returns the state of the index. Clients post manifests again when it changes.',
    responseType: objectOf({ state: text }),
    errorStatuses: [415],
  },
  postIndexReport: {
    ...errors,
    summary: 'Indexes a manifest and returns its contents.',
    requestSchema: objectOf({ hash: text, layers: listOf(layer) }),
    responseType: indexReport,
    status: 201,
    errorStatuses: [400, 412, 413, 422, 500, 503],
  },
  deleteIndexReports: {
    ...errors,
    summary: 'Forgets manifests, and returns those that were known.',
    requestSchema: listOf(text),
    responseType: listOf(text),
    errorStatuses: [400],
  },
  getIndexReport: {
    ...errors,
    summary: 'Returns the contents of a manifest.',
    responseType: indexReport,
    errorStatuses: [400, 404, 415],
  },
  deleteIndexReport: { ...errors, summary: 'Forgets a manifest.', status: 204, errorStatuses: [400] },
  postAffectedManifests: {
    ...errors,
    summary: 'Returns the manifests that vulnerabilities affect.',
    requestSchema: objectOf({ vulnerabilities: listOf(mapOf({})) }),
    responseType: objectOf({ vulnerabilities: mapOf(mapOf({})), vulnerable_manifests: mapOf(listOf(text)) }),
    errorStatuses: [400, 503],
  },
  getUpdateOperations: {
    ...errors,
    summary: 'Lists the last updates of each feed, the newest first.',
    query: {
      kind: parameter('`vulnerability` or `enrichment`.'),
      latest: parameter('`true`: only the last update of each feed.'),
    },
    responseType: mapOf(listOf(operation)),
    errorStatuses: [400],
  },
  deleteUpdateOperation: {
    ...errors,
    summary: 'Forgets a replaced update.',
    errorStatuses: [400, 404],
  },
  getUpdateDiff: {
    ...errors,
    summary: 'Returns the vulnerabilities that differ between two updates of a feed.',
    query: {
      cur: { ...parameter('The later update.'), isRequired: true },
      prev: parameter('The earlier update.'),
    },
    responseType: objectOf({
      prev: operation,
      cur: operation,
      added: listOf(vulnerability),
      removed: listOf(vulnerability),
    }),
    errorStatuses: [400, 404, 422],
  },
  getVulnerabilityReport: {
    ...errors,
    summary:
      'Returns the packages of a manifest and their vulnerabilities. 202 while advisories are not loaded.',
    responseType: objectOf({
      ...contents,
      vulnerabilities: mapOf(vulnerability),
      package_vulnerabilities: mapOf(listOf(text)),
      enrichments: mapOf(listOf(mapOf(listOf(mapOf({}))))),
    }),
    errorStatuses: [400, 404, 415, 503],
  },
  getNotification: {
    ...errors,
    summary: 'Returns a page of the manifests that a change affects.',
    query: {
      next: parameter('`page.next` of the previous page.'),
      page_size: parameter('Maximum number of images, from 1 to 1000; 500 by default.', 'integer'),
    },
    responseType: objectOf({
      page: objectOf({ size: integer }, { next: text }),
      notifications: listOf(
        objectOf({
          id: text,
          manifest: text,
          reason: { type: 'string', enum: ['added', 'removed'] },
          vulnerability: objectOf({ ...summary, repo: repository }),
        }),
      ),
    }),
    errorStatuses: [400, 404],
  },
  deleteNotification: { ...errors, summary: 'Acknowledges a notification.', errorStatuses: [400, 404] },
};
