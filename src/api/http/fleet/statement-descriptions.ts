import { severities } from '../../../model/severity.ts';
import { justifications } from '../../../model/suppression.ts';
import type { Schema } from '../go-schema.ts';
import { describedList, type RouteDescription } from '../openapi.ts';

const text: Schema = { type: 'string' };
const nullableText: Schema = { type: ['string', 'null'] };
const number: Schema = { type: 'integer' };
const texts: Schema = { type: 'array', items: text };

const statement: Schema = {
  type: 'object',
  properties: {
    file: text,
    kind: { enum: ['rule', 'vex', 'unreadable'] },
    vulnerabilities: texts,
    status: { enum: ['ignored', 'not_affected', 'fixed', 'affected', 'under_investigation', null] },
    scope: texts,
    justification: { enum: [...justifications, null] },
    reason: nullableText,
    author: nullableText,
    at: text,
    expires: nullableText,
    state: { enum: ['active', 'expired', 'unreadable'] },
  },
};

/** Description of `GET /api/v1/statements` for the OpenAPI document. */
export const statementsDescription: RouteDescription = describedList({
  name: 'statements',
  summary: 'Lists the rules and VEX statements of the files that clients have saved.',
  row: statement,
});

const previewedFinding: Schema = {
  type: 'object',
  properties: {
    image: { type: 'object', properties: { digest: nullableText, names: texts } },
    vulnerability: text,
    severity: { enum: [...severities] },
    package: { type: 'object', properties: { type: text, name: text, version: text, purl: text } },
    reason: text,
  },
};

/** Description of `POST /api/v1/statements/preview` for the OpenAPI document. */
export const previewDescription: RouteDescription = {
  summary: 'Returns which findings a file of rules or a VEX document would suppress, without saving it.',
  query: {
    name: {
      type: 'string',
      summary: 'Its name, as for `PUT /api/v1/suppressions/{name}`.',
      isRequired: true,
    },
  },
  requestSchema: text,
  responseType: {
    type: 'object',
    properties: {
      findings: number,
      images: number,
      complete: { type: 'boolean' },
      notPreviewed: texts,
      rows: { type: 'array', items: previewedFinding },
    },
  },
  hasProblems: true,
  errorStatuses: [400, 413, 503],
};

/** Description of `GET /api/v1/suppressions/{name}/openvex` for the OpenAPI document. */
export const ruleExportDescription: RouteDescription = {
  summary:
    'Returns the rules of a file as an OpenVEX document, with the packages of the fleet whose findings they suppress now. Expired rules are left out. `Clair-Complete: false`: a rule names a path, an image or no single vulnerability and is left out, or not all images were examined.',
  responseType: { type: 'object' },
  hasProblems: true,
  errorStatuses: [400, 404, 409, 503],
};
