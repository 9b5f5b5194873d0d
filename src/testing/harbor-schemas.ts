import { type JsonSchema, schemaProblems } from './json-schema.ts';

const text: JsonSchema = { type: 'string' };
const texts: JsonSchema = { type: 'array', items: text };
const uri = { type: 'string', format: 'uri' } as JsonSchema;
/** In UTC and of fixed length, because Harbor compares times as texts. */
const time = {
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
} as JsonSchema;

function objectOf(
  properties: Readonly<Record<string, JsonSchema>>,
  optional: readonly string[] = [],
): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required } as JsonSchema;
}

const notEmpty = { type: 'string', minLength: 1 } as JsonSchema;
const scanner = objectOf({ name: notEmpty, vendor: notEmpty, version: notEmpty });
const severity: JsonSchema = { enum: ['Unknown', 'Negligible', 'Low', 'Medium', 'High', 'Critical'] };
const status: JsonSchema = {
  enum: [
    ...['affected', 'fixed', 'will_not_fix', 'fix_deferred', 'end_of_life'],
    ...['under_investigation', 'not_affected', 'unknown'],
  ],
};

const metadata = objectOf({
  scanner,
  capabilities: {
    type: 'array',
    items: objectOf(
      {
        type: { enum: ['vulnerability', 'sbom'] },
        consumes_mime_types: texts,
        produces_mime_types: texts,
        additional_attributes: objectOf({ sbom_media_types: texts }),
      },
      ['additional_attributes'],
    ),
  },
  properties: { type: 'object', additionalProperties: text },
});

const cvss = objectOf(
  { score_v3: { type: 'number' }, vector_v3: text, score_v2: { type: 'number' }, vector_v2: text },
  ['score_v3', 'vector_v3', 'score_v2', 'vector_v2'],
);

const item = objectOf(
  {
    id: notEmpty,
    package: notEmpty,
    version: notEmpty,
    fix_version: notEmpty,
    severity,
    status,
    description: text,
    links: { type: 'array', items: uri },
    preferred_cvss: cvss,
    cwe_ids: texts,
    layer: objectOf({ digest: { type: ['string', 'null'] }, diff_id: { type: ['string', 'null'] } }),
    vendor_attributes: { type: 'object', additionalProperties: true },
  },
  ['fix_version', 'description', 'preferred_cvss', 'cwe_ids', 'layer'],
);

const report = objectOf(
  {
    generated_at: time,
    artifact: objectOf({ repository: notEmpty, digest: notEmpty, mime_type: text }, ['mime_type']),
    scanner,
    severity,
    vulnerabilities: { type: 'array', items: item },
    media_type: { enum: ['application/spdx+json', 'application/vnd.cyclonedx+json'] },
    sbom: { type: 'object', additionalProperties: true },
  },
  ['severity', 'vulnerabilities', 'media_type', 'sbom'],
);

/** The parts of metadata that tests read. */
export interface HarborMetadata {
  readonly scanner: Readonly<Record<'name' | 'vendor' | 'version', string>>;
  readonly capabilities: readonly {
    readonly type?: string;
    readonly consumes_mime_types: readonly string[];
    readonly produces_mime_types: readonly string[];
  }[];
  readonly properties: Readonly<Record<string, string>>;
}

/** A vulnerability in a report. */
export interface HarborItem {
  readonly id: string;
  readonly package: string;
  readonly version: string;
  readonly fix_version?: string;
  readonly severity: string;
  readonly status: string;
  readonly description?: string;
  readonly links: readonly string[];
  readonly preferred_cvss?: { readonly score_v3?: number };
  readonly cwe_ids?: readonly string[];
  readonly vendor_attributes: Readonly<Record<string, unknown>>;
}

/** A report of vulnerabilities, or an SBOM. */
export interface HarborReport {
  readonly artifact: Readonly<Record<string, string>>;
  readonly severity?: string;
  readonly vulnerabilities?: readonly HarborItem[];
  readonly media_type?: string;
  readonly sbom?: Readonly<Record<string, unknown>>;
}

/** Returns why Harbor would refuse to register a scanner. */
export function harborMetadataProblems(document: HarborMetadata): string[] {
  const problems = schemaProblems(metadata, document);
  const docker = 'application/vnd.docker.distribution.manifest.v2+json';
  for (const { type = '', consumes_mime_types: consumed } of document.capabilities)
    if (!consumed.includes(docker)) problems.push(`${type} does not consume ${docker}`);
  return document.capabilities.length === 0 ? [...problems, 'no capability'] : problems;
}

/** Returns what Harbor would not store, or show in another way. */
export function harborReportProblems(document: HarborReport): string[] {
  const problems = schemaProblems(report, document);
  if (JSON.stringify(document).includes('\\u0000')) problems.push('PostgreSQL refuses NUL');
  for (const { id, links } of document.vulnerabilities ?? [])
    if (links.some((link) => link.includes('|'))) problems.push(`${id}: Harbor splits links at "|"`);
  return problems;
}
