import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';

/** The keywords that tests read. Ajv knows all others. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

// A schema that refers to another, and a branch of a condition, have neither a type nor properties of their own.
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
ajvFormats.default(ajv);

/**
 * Returns the problems of a value by JSON Schema 2020-12, each with its JSON pointer. Stricter than the schema in one way: rejects
 * properties that the schema does not describe.
 */
export function schemaProblems(root: JsonSchema, value: unknown): string[] {
  const validate = validators.get(root) ?? compile(root);
  validate(value);
  return (validate.errors ?? []).map(problemOf);
}

/** Compiled schemas. To compile one takes longer than to apply it, and Ajv holds each for ever. */
const validators = new WeakMap<JsonSchema, ValidateFunction>();

function compile(root: JsonSchema): ValidateFunction {
  const { $id: _, ...schema } = closed(root) as JsonSchema & { readonly $id?: string };
  const $defs = Object.entries(root.$defs ?? {}).map(([name, definition]) => [
    name,
    closedWithin(definition),
  ]);
  const validate = ajv.compile({ ...schema, $defs: Object.fromEntries($defs) as object });
  validators.set(root, validate);
  return validate;
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

/** The schema of a whole value: it rejects properties that no part of it describes. The empty schema allows any value. */
function closed(schema: JsonSchema): object {
  if (Object.keys(schema).length === 0) return schema;
  return { ...closedWithin(schema), unevaluatedProperties: false };
}

/** A schema that may describe a part of a value: only the values inside are closed. */
function closedWithin(schema: JsonSchema): JsonSchema {
  const { properties, additionalProperties: others, items, anyOf } = schema;
  const inner = Object.entries(properties ?? {}).map(([key, property]) => [key, closed(property)]);
  return {
    ...schema,
    ...(properties && { properties: Object.fromEntries(inner) as Record<string, JsonSchema> }),
    ...(typeof others === 'object' && { additionalProperties: closed(others) }),
    ...(items && { items: closed(items) }),
    ...(anyOf && { anyOf: anyOf.map(closedWithin) }),
  };
}

function problemOf({ instancePath, message, params }: ErrorObject): string {
  const { unevaluatedProperty: property } = params as { readonly unevaluatedProperty?: string };
  return `${instancePath}: ${message ?? ''}${property === undefined ? '' : ` (${property})`}`;
}

function resolveRef(root: JsonSchema, reference: string): JsonSchema {
  const schema = root.$defs?.[reference.replace('#/$defs/', '')];
  if (schema === undefined) throw new Error(`the schema refers to ${reference}, which does not exist`);
  return schema;
}
