import { severities } from '../../../model/severity.ts';
import { exploitations } from '../../../store/finding-count-store.ts';
import type { Schema } from '../go-schema.ts';
import { describedList, type QueryDescription, type RouteDescription } from '../openapi.ts';

const text: Schema = { type: 'string' };
const number: Schema = { type: 'integer' };
const severity: Schema = { enum: [...severities] };

/** Schema of whether a vulnerability is exploited. */
export const exploitationSchema: Schema = { enum: [...exploitations] };

/** Schema of a score of exploitation. */
export const scoreSchema: Schema = { type: ['number', 'null'] };

/** Parameters of lists that filter by findings. */
export const findingQuery: Readonly<Record<'severity' | 'fixable' | 'exploited', QueryDescription>> = {
  severity: { type: 'string', summary: 'Only this severity.' },
  fixable: { type: 'string', summary: '`true`: only with a fixed version. `false`: only without one.' },
  exploited: {
    type: 'string',
    summary: '`true`: only what is known to be exploited. `false`: only everything else.',
  },
};

const finding: Schema = {
  type: 'object',
  properties: {
    vulnerability: text,
    severity,
    exploited: exploitationSchema,
    epss: scoreSchema,
    namespace: text,
    package: {
      type: 'object',
      properties: {
        type: text,
        name: text,
        version: text,
        purl: text,
        source: { type: ['string', 'null'] },
        lookupName: text,
      },
    },
    fix: { type: 'object', properties: { state: text, version: text } },
    images: number,
  },
};

/** Description of `GET /api/v1/findings` for the OpenAPI document. */
export const findingsDescription: RouteDescription = describedList({
  name: 'findings',
  summary:
    'Lists vulnerabilities of package versions in images, the worst severity first, as servers have last counted them. Rules and VEX statements do not apply.',
  query: {
    image: { type: 'string', summary: 'Only of the images with this digest or name.' },
    repository: { type: 'string', summary: 'Only of images that have a name in this repository now.' },
    vulnerability: { type: 'string', summary: 'Only this vulnerability.' },
    package: { type: 'string', summary: 'Only of packages with this name.' },
    sourcePackage: { type: 'string', summary: 'Only of packages that were built from this source package.' },
    namespace: { type: 'string', summary: 'Only of packages of this namespace, such as `debian:12`.' },
    ...findingQuery,
  },
  row: finding,
  head: {
    total: { type: ['object', 'null'], properties: { findings: number, countedAt: text } },
  },
  refusals: [403, 404],
});
