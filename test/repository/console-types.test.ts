import assert from 'node:assert/strict';
import { test } from 'node:test';
import ts from 'typescript';
import { absolutePath, filesLike, textOf } from './tree.ts';

/** The parts of a JSON Schema that are compared. */
interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

interface OpenApiDocument {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly responses: Readonly<
              Record<string, { readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>> }>
            >;
          }
        >
      >
    >
  >;
}

const files = filesLike('ui/src/api/*.ts').map(({ path }) => absolutePath(path));
const program = ts.createProgram(files, {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
});
const checker = program.getTypeChecker();
const reportSchema = JSON.parse(textOf('docs/reference/report.schema.json')) as JsonSchema;

test('the types of the console agree with the OpenAPI document', () => {
  const { paths } = JSON.parse(textOf('docs/reference/openapi.json')) as OpenApiDocument;
  const routes = taggedInterfaces();
  assert.ok(routes.length > 0);
  const found = routes.flatMap(({ route, type }) => {
    const [method = '', path = ''] = route.split(' ');
    const schema =
      paths[path]?.[method.toLowerCase()]?.responses['200']?.content?.['application/json']?.schema;
    return schema === undefined ? [`${route} is not in the document`] : differences(type, schema, route);
  });
  assert.deepEqual(found, []);
});

test('the report of the console agrees with the schema of reports', () => {
  const report = interfaces().find(({ name }) => name === 'ImageReport');
  assert.ok(report !== undefined);
  assert.deepEqual(differences(report.type, reportSchema, 'report'), []);
});

function interfaces(): {
  readonly name: string;
  readonly type: ts.Type;
  readonly node: ts.InterfaceDeclaration;
}[] {
  return files.flatMap((file) =>
    [...(program.getSourceFile(file)?.statements ?? [])]
      .filter((node) => ts.isInterfaceDeclaration(node))
      .map((node) => ({ name: node.name.text, node, type: checker.getTypeAtLocation(node) })),
  );
}

function taggedInterfaces(): { readonly route: string; readonly type: ts.Type }[] {
  return interfaces().flatMap(({ node, type }) => {
    const tag = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === 'route');
    return typeof tag?.comment === 'string' ? [{ route: tag.comment.trim(), type }] : [];
  });
}

/** Returns where a type of the console promises something else than the schema. */
function differences(type: ts.Type, stated: JsonSchema, place: string): string[] {
  const schema = resolved(stated);
  const parts = partsOf(type);
  const types = typesOf(schema);
  if (types.includes('null') && !parts.some(isNull)) return [`${place} may be null`];
  const rest = parts.filter((part) => !isNull(part));
  if (schema.enum !== undefined) return enumDifferences(rest, schema.enum, place);
  return rest.flatMap((part) => partDifferences(part, schema, place));
}

function partDifferences(part: ts.Type, schema: JsonSchema, place: string): string[] {
  const wanted = nameOf(part);
  const types = typesOf(schema);
  if (!types.includes(wanted) && !(wanted === 'number' && types.includes('integer')))
    return types.length === 0 ? [] : [`${place} is ${types.join(' or ')}, not ${wanted}`];
  if (wanted === 'array' && schema.items !== undefined) {
    const [element] = checker.getTypeArguments(part as ts.TypeReference);
    return element === undefined ? [] : differences(element, schema.items, `${place}[]`);
  }
  const { properties } = schema;
  if (wanted !== 'object' || properties === undefined) return [];
  return part.getProperties().flatMap((property) => {
    const inner = properties[property.name];
    const at = `${place}.${property.name}`;
    return inner === undefined
      ? [`${at} is not in the answer`]
      : differences(checker.getTypeOfSymbol(property), inner, at);
  });
}

function enumDifferences(parts: readonly ts.Type[], values: readonly unknown[], place: string): string[] {
  if (parts.some((part) => (part.flags & ts.TypeFlags.String) !== 0)) return [];
  const known = parts.map((part) => (part.isStringLiteral() ? part.value : undefined));
  return values
    .filter((value) => typeof value === 'string' && !known.includes(value))
    .map((value) => `${place} may be ${JSON.stringify(value)}`);
}

/** Returns a schema with the properties of the definition that it refers to. Only the schema of reports has definitions. */
function resolved(schema: JsonSchema): JsonSchema {
  const definition = reportSchema.$defs?.[schema.$ref?.replace('#/$defs/', '') ?? ''];
  if (definition === undefined) return schema;
  return { ...definition, ...schema, properties: { ...definition.properties, ...schema.properties } };
}

function partsOf(type: ts.Type): readonly ts.Type[] {
  const parts = type.isUnion() ? type.types : [type];
  return parts.filter((part) => (part.flags & ts.TypeFlags.Undefined) === 0);
}

function isNull(type: ts.Type): boolean {
  return (type.flags & ts.TypeFlags.Null) !== 0;
}

function typesOf({ type, enum: values }: JsonSchema): readonly string[] {
  if (values?.includes(null) === true) return ['null'];
  if (type === undefined) return [];
  return typeof type === 'string' ? [type] : type;
}

function nameOf(type: ts.Type): string {
  if ((type.flags & ts.TypeFlags.StringLike) !== 0) return 'string';
  if ((type.flags & ts.TypeFlags.NumberLike) !== 0) return 'number';
  if ((type.flags & ts.TypeFlags.BooleanLike) !== 0) return 'boolean';
  return checker.isArrayType(type) ? 'array' : 'object';
}
