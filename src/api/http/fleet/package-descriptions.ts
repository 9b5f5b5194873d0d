import { severities } from '../../../model/severity.ts';
import type { Schema } from '../go-schema.ts';
import { describedList, type RouteDescription } from '../openapi.ts';

const text: Schema = { type: 'string' };
const number: Schema = { type: 'integer' };
const severity: Schema = { enum: [...severities] };
const objects: Schema = { type: 'array', items: { type: 'object' } };

const listed: Schema = {
  type: 'object',
  properties: {
    namespace: text,
    name: text,
    versions: number,
    images: number,
    worst: { enum: [...severities, null] },
  },
};

/** Description of `GET /api/v1/packages` for the OpenAPI document. */
export const packagesDescription: RouteDescription = describedList({
  name: 'packages',
  things: 'names',
  summary: 'Lists the names of packages that images have, with their worst findings.',
  query: {
    q: { type: 'string', summary: 'Only names with this part.' },
    namespace: { type: 'string', summary: 'Only packages of this namespace, such as `debian:12`.' },
  },
  row: listed,
});

const version: Schema = {
  type: 'object',
  properties: { version: text, images: number, findings: number },
};

const range: Schema = {
  type: 'object',
  properties: {
    id: text,
    source: text,
    severity,
    range: { type: 'object' },
    fix: { type: 'object' },
    from: number,
    to: number,
    conditional: { type: 'boolean' },
  },
};

/** Description of `GET /api/v1/packages/versions` for the OpenAPI document. */
export const packageVersionsDescription: RouteDescription = {
  summary:
    'Returns the versions of a package that images have, in order, and the ranges of advisories that cover any of them.',
  query: {
    namespace: { type: 'string', summary: 'Its namespace, such as `debian:12` or `npm`.', isRequired: true },
    name: { type: 'string', summary: 'Its name.', isRequired: true },
  },
  responseType: {
    type: 'object',
    properties: {
      namespace: text,
      versionScheme: text,
      name: text,
      versions: { type: 'array', items: version },
      ranges: { type: 'array', items: range },
    },
  },
  hasProblems: true,
  errorStatuses: [400, 404, 503],
};

/** Description of `GET /api/v1/search` for the OpenAPI document. */
export const searchDescription: RouteDescription = {
  summary: 'Returns the first five images, vulnerabilities and packages whose names contain a text.',
  query: { q: { type: 'string', summary: 'The text, in any case.', isRequired: true } },
  responseType: {
    type: 'object',
    properties: { images: objects, advisories: objects, packages: objects },
  },
  hasProblems: true,
  errorStatuses: [400, 503],
};
