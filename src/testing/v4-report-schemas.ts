import { type JsonSchema, schemaProblems } from './json-schema.ts';

const text = { type: 'string' } as const;

function objectOf(
  properties: Readonly<Record<string, JsonSchema>>,
  optional: readonly string[] = [],
): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required } as JsonSchema;
}

function mapOf(values: JsonSchema): JsonSchema {
  return { type: 'object', additionalProperties: values };
}

function patternOf(pattern: string): JsonSchema {
  return { type: 'string', pattern } as JsonSchema;
}

/** `normalized_version`: nothing, or a kind and at most ten integers. A client of Clair fails on an eleventh. */
const normalizedVersion = patternOf('^$|^\\w+:-?\\d+(\\.-?\\d+){0,9}$');

/** `cpe`: nothing, or a binding of CPE 2.2 or 2.3. */
const cpe = patternOf('^$|^cpe:2\\.3:|^cpe:/');

const packageProperties: Readonly<Record<string, JsonSchema>> = {
  id: text,
  name: text,
  version: text,
  normalized_version: normalizedVersion,
  arch: text,
  cpe,
  kind: { type: 'string', enum: ['binary', 'source', 'layer', 'ancestry'] },
  detector: { type: ['string', 'null'], pattern: '^urn:claircore:detector:[^:]+:[^:]+:[^:]+$' } as JsonSchema,
};

const packageSchema = objectOf(
  { ...packageProperties, source: objectOf(packageProperties, ['kind', 'arch']) },
  ['kind', 'arch'],
);

const digest = patternOf('^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$');

const distributionSchema = objectOf({
  id: text,
  did: text,
  name: text,
  version: text,
  version_code_name: text,
  version_id: text,
  arch: text,
  cpe,
  pretty_name: text,
});

const contents: Readonly<Record<string, JsonSchema>> = {
  manifest_hash: digest,
  packages: mapOf(packageSchema),
  distributions: mapOf(distributionSchema),
  repository: mapOf(objectOf({ id: text, name: text, key: text, uri: text, cpe }, ['name', 'key', 'uri'])),
  environments: mapOf({
    type: 'array',
    minItems: 1,
    items: objectOf({
      package_db: text,
      introduced_in: digest,
      distribution_id: text,
      repository_ids: { type: 'array', items: text },
    }),
  } as JsonSchema),
};

const indexReportSchema = objectOf({
  ...contents,
  state: { enum: ['IndexFinished'] },
  success: { type: 'boolean' },
  err: text,
});

/**
 * Returns the problems of an index report: what the schemas and decoders of clients refuse. These are Quay's schema of 2020, and the types
 * of Clair's own client in Go.
 */
export function indexReportProblems(report: unknown): string[] {
  return [...schemaProblems(indexReportSchema, report), ...strayReferences(report as Contents)];
}

const severityWords = ['Unknown', 'Negligible', 'Low', 'Medium', 'High', 'Critical'];

const vulnerabilitySchema = objectOf({
  id: text,
  updater: text,
  name: text,
  description: text,
  links: text,
  severity: text,
  issued: { type: 'string', format: 'date-time' } as JsonSchema,
  normalized_severity: { type: 'string', enum: severityWords },
  package: objectOf(packageProperties, ['arch']),
  distribution: distributionSchema,
  repository: objectOf({ name: text, key: text, uri: text, cpe }, ['name', 'key', 'uri']),
  fixed_in_version: text,
});

const cvssMetrics = {
  attackVector: text,
  attackComplexity: text,
  privilegesRequired: text,
  userInteraction: text,
  scope: text,
  confidentialityImpact: text,
  integrityImpact: text,
  availabilityImpact: text,
};

/** Quay sorts the vectors by `baseScore`. */
const cvssSchema = objectOf(
  {
    version: text,
    vectorString: text,
    baseSeverity: text,
    baseScore: { type: 'number' },
    ...cvssMetrics,
  },
  Object.keys(cvssMetrics),
);

const vulnerabilityReportSchema = objectOf({
  ...contents,
  vulnerabilities: mapOf(vulnerabilitySchema),
  package_vulnerabilities: mapOf({ type: 'array', items: text }),
  enrichments: mapOf({
    type: 'array',
    minItems: 1,
    items: mapOf({ type: 'array', items: cvssSchema }),
  } as JsonSchema),
});

interface VulnerabilityContents extends Contents {
  readonly vulnerabilities: Readonly<Record<string, unknown>>;
  readonly package_vulnerabilities: Readonly<Record<string, readonly string[]>>;
  readonly enrichments: Readonly<Record<string, readonly Readonly<Record<string, readonly object[]>>[]>>;
}

/** Returns the problems of a vulnerability report: what the schemas and decoders of clients refuse. */
export function vulnerabilityReportProblems(report: unknown): string[] {
  const found = report as VulnerabilityContents;
  const known = new Set(Object.keys(found.vulnerabilities));
  const named = [
    ...Object.values(found.package_vulnerabilities).flat(),
    // Quay reads the vectors of the first entry of the first key.
    ...Object.keys(Object.values(found.enrichments)[0]?.[0] ?? {}),
  ];
  return [
    ...schemaProblems(vulnerabilityReportSchema, report),
    ...strayReferences(found),
    ...named.filter((id) => !known.has(id)).map((id) => `vulnerability ${id}`),
  ];
}

interface Contents {
  readonly packages: Readonly<Record<string, unknown>>;
  readonly distributions: Readonly<Record<string, unknown>>;
  readonly repository: Readonly<Record<string, unknown>>;
  readonly environments: Readonly<
    Record<
      string,
      readonly { readonly distribution_id: string; readonly repository_ids: readonly string[] }[]
    >
  >;
}

/** Returns ids that name nothing, and packages without an environment: Quay fails on these. */
function strayReferences({ packages, distributions, repository, environments }: Contents): string[] {
  const placeless = Object.keys(packages).filter((id) => environments[id] === undefined);
  const stray = Object.values(environments)
    .flat()
    .flatMap(({ distribution_id: of, repository_ids: from }) => [
      ...(of === '' || of in distributions ? [] : [`distribution ${of}`]),
      ...from.filter((id) => !(id in repository)).map((id) => `repository ${id}`),
    ]);
  return [...placeless.map((id) => `package ${id} has no environment`), ...stray];
}
