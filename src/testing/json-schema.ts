/** The subset of JSON Schema that this checker supports. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly if?: JsonSchema;
  readonly then?: JsonSchema;
}

const checkedKeywords =
  '$defs $ref type enum const pattern minimum maximum required properties additionalProperties items anyOf if then';
const annotationKeywords = '$schema $id title description format';
const keywords = new Set(`${checkedKeywords} ${annotationKeywords}`.split(' '));

/**
 * Returns the problems of a value by the part of JSON Schema 2020-12 that our schemas use. Stricter than the standard in one way:
 * rejects properties that the schema does not describe.
 */
export function schemaProblems(root: JsonSchema, value: unknown): string[] {
  return [...wholeProblems({ root, schema: root, path: '$' }, value)];
}

/** Returns the properties that a schema describes, directly or by reference. */
export function schemaProperties(root: JsonSchema, schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  const parts = [
    ...(schema.$ref === undefined ? [] : [resolveRef(root, schema.$ref)]),
    ...(schema.anyOf ?? []),
  ];
  return Object.assign({}, ...parts.map((part) => schemaProperties(root, part)), schema.properties) as Record<
    string,
    JsonSchema
  >;
}

interface SchemaLocation {
  readonly root: JsonSchema;
  readonly schema: JsonSchema;
  readonly path: string;
}

function* wholeProblems(place: SchemaLocation, value: unknown): Iterable<string> {
  yield* problems(place, value);
  const described = schemaProperties(place.root, place.schema);
  for (const key of Object.keys(isObject(value) ? value : {})) {
    if (Object.hasOwn(described, key)) continue;
    const others = place.schema.additionalProperties;
    const path = `${place.path}.${key}`;
    if (others === undefined) yield `${path} is not described`;
    else yield* problems({ ...place, schema: others, path }, (value as Record<string, unknown>)[key]);
  }
}

function* problems(place: SchemaLocation, value: unknown): Iterable<string> {
  const { root, schema, path } = place;
  const unknown = Object.keys(schema).filter((keyword) => !keywords.has(keyword));
  if (unknown.length > 0)
    throw new Error(`the schema of ${path} uses ${unknown.join()}, which is not supported`);
  yield* scalarProblems(place, value);
  yield* memberProblems(place, value);
  if (schema.$ref !== undefined) yield* problems({ ...place, schema: resolveRef(root, schema.$ref) }, value);
  const branches = (schema.anyOf ?? []).map((branch) => [...problems({ ...place, schema: branch }, value)]);
  if (branches.length > 0 && branches.every((found) => found.length > 0)) yield* branches.flat();
  if (schema.if === undefined || [...problems({ ...place, schema: schema.if }, value)].length > 0) return;
  yield* problems({ ...place, schema: schema.then ?? {} }, value);
}

function* scalarProblems({ schema, path }: SchemaLocation, value: unknown): Iterable<string> {
  const types = [schema.type ?? []].flat();
  if (types.length > 0 && !types.some((type) => hasType(value, type)))
    yield `${path} is not ${types.join('|')}`;
  const values = 'const' in schema ? [schema.const] : schema.enum;
  if (values?.includes(value) === false) yield `${path} is not one of ${values.join('|')}`;
  if (typeof value === 'string') yield* patternProblems(schema, path, value);
  if (typeof value === 'number') yield* boundProblems(schema, path, value);
}

function* patternProblems({ pattern }: JsonSchema, path: string, value: string): Iterable<string> {
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value))
    yield `${path} does not match ${pattern}`;
}

function* boundProblems({ minimum, maximum }: JsonSchema, path: string, value: number): Iterable<string> {
  if (minimum !== undefined && value < minimum) yield `${path} is below ${minimum}`;
  if (maximum !== undefined && value > maximum) yield `${path} is above ${maximum}`;
}

function* memberProblems({ root, schema, path }: SchemaLocation, value: unknown): Iterable<string> {
  if (Array.isArray(value) && schema.items !== undefined) {
    for (const [index, element] of value.entries()) {
      yield* wholeProblems({ root, schema: schema.items, path: `${path}[${index}]` }, element);
    }
  }
  if (!isObject(value)) return;
  for (const key of schema.required ?? []) if (!Object.hasOwn(value, key)) yield `${path}.${key} is missing`;
  for (const [key, member] of Object.entries(schema.properties ?? {})) {
    if (Object.hasOwn(value, key))
      yield* wholeProblems({ root, schema: member, path: `${path}.${key}` }, value[key]);
  }
}

function resolveRef(root: JsonSchema, reference: string): JsonSchema {
  const schema = root.$defs?.[reference.replace('#/$defs/', '')];
  if (schema === undefined) throw new Error(`the schema refers to ${reference}, which does not exist`);
  return schema;
}

function hasType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isObject(value);
  return type === 'integer' ? Number.isInteger(value) : typeof value === type;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
