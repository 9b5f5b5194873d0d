import type { Schema } from '../go-schema.ts';
import type { DescribedRoute, RouteDescription } from '../openapi.ts';
import { scanPath } from './report-route.ts';
import { sbomMediaTypes } from './sbom-report.ts';

const text: Schema = { type: 'string' };
const texts: Schema = { type: 'array', items: text };

function objectOf(properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema {
  return { type: 'object', properties, required };
}

const scanner = objectOf({ name: text, vendor: text, version: text }, ['name', 'vendor', 'version']);
const artifact = objectOf(
  { repository: text, digest: text, mime_type: text, tag: text, size: { type: 'integer' } },
  ['repository', 'digest'],
);
const capability = objectOf(
  {
    type: { type: 'string', enum: ['vulnerability', 'sbom'] },
    consumes_mime_types: texts,
    produces_mime_types: texts,
    additional_attributes: objectOf({ sbom_media_types: texts }, []),
  },
  ['type'],
);
const item = objectOf(
  {
    id: text,
    package: text,
    version: text,
    fix_version: text,
    severity: text,
    status: text,
    description: text,
    links: texts,
    cwe_ids: texts,
    preferred_cvss: { type: 'object' },
    layer: { type: 'object' },
    vendor_attributes: { type: 'object' },
  },
  ['id', 'package', 'version', 'severity'],
);

const report = objectOf(
  {
    generated_at: { ...text, format: 'date-time' },
    artifact,
    scanner,
    severity: text,
    vulnerabilities: { type: 'array', items: item },
    media_type: text,
    sbom: { type: 'object' },
  },
  ['generated_at', 'artifact', 'scanner'],
);

const errors: Pick<RouteDescription, 'errorSchema'> = {
  errorSchema: objectOf({ error: objectOf({ message: text }, ['message']) }, ['error']),
};

/** Returns the descriptions of the routes of Harbor's scanner API. They exist if the settings name a registry. */
export function describedHarborRoutes(): DescribedRoute[] {
  return [
    {
      route: { name: 'harbor/getMetadata', method: 'GET' },
      path: '/harbor/api/v1/metadata',
      description: {
        ...errors,
        summary: 'Returns the capabilities of the scanner and the ages of its advisories.',
        responseType: objectOf(
          {
            scanner,
            capabilities: { type: 'array', items: capability },
            properties: { type: 'object', additionalProperties: text },
          },
          ['scanner', 'capabilities', 'properties'],
        ),
      },
    },
    {
      route: { name: 'harbor/postScan', method: 'POST', scope: 'scan' },
      path: scanPath,
      description: {
        ...errors,
        summary: 'Requests a scan of an image. Returns the id of the scan.',
        requestSchema: objectOf(
          {
            registry: objectOf({ url: text, authorization: text, insecure: { type: 'boolean' } }, ['url']),
            artifact,
            enabled_capabilities: { type: 'array', items: { type: 'object' } },
          },
          ['registry', 'artifact'],
        ),
        responseType: objectOf({ id: text }, ['id']),
        status: 202,
        errorStatuses: [400, 422, 500],
      },
    },
    {
      route: { name: 'harbor/getReport', method: 'GET' },
      path: `${scanPath}/:id/report`,
      description: {
        ...errors,
        summary: 'Returns the report of a scan. 302 with `Refresh-After` while there is none.',
        query: {
          sbom_media_type: { type: 'string', summary: `For an SBOM: ${sbomMediaTypes.join(' or ')}.` },
        },
        responseType: report,
        errorStatuses: [302, 400, 404, 415, 500],
      },
    },
  ];
}
