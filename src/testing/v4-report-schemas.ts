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
  ...{ id: text, name: text, version: text, normalized_version: normalizedVersion, arch: text, cpe },
  kind: { type: 'string', enum: ['binary', 'source', 'layer', 'ancestry'] },
  detector: { type: ['string', 'null'], pattern: '^urn:claircore:detector:[^:]+:[^:]+:[^:]+$' } as JsonSchema,
};

const packageSchema = objectOf(
  { ...packageProperties, source: objectOf(packageProperties, ['kind', 'arch']) },
  ['kind', 'arch'],
);

const digest = patternOf('^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$');

const distributionSchema = objectOf({
  ...{ id: text, did: text, name: text, version: text, version_code_name: text, version_id: text },
  ...{ arch: text, cpe, pretty_name: text },
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
      ...{ package_db: text, introduced_in: digest, distribution_id: text },
      repository_ids: { type: 'array', items: text },
    }),
  } as JsonSchema),
};

const indexReportSchema = objectOf({
  ...contents,
  ...{ state: { enum: ['IndexFinished'] }, success: { type: 'boolean' }, err: text },
});

/**
 * Returns the problems of an index report: what the schemas and decoders of clients refuse. These are Quay's schema of 2020, and the types
 * of Clair's own client in Go.
 */
export function indexReportProblems(report: unknown): string[] {
  return [...schemaProblems(indexReportSchema, report), ...strayReferences(report as Contents)];
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
