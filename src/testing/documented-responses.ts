import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { apiOpenApiDocument } from '../api/openapi-document.ts';
import { type JsonSchema, schemaProblems } from './json-schema.ts';

/** A response of an operation. */
interface ResponseObject {
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>;
}

/** A method of a path in an OpenAPI document. */
export interface Operation {
  readonly operationId: string;
  readonly security?: unknown;
  readonly responses: Readonly<Record<string, ResponseObject>>;
}

/** The parts of an OpenAPI document that tests read. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

/** Returns the OpenAPI document as a server sends it: without undefined members. */
export function sentOpenApiDocument(requiresTokens = false): OpenApiDocument {
  return JSON.parse(JSON.stringify(apiOpenApiDocument(requiresTokens))) as OpenApiDocument;
}

/** Returns a function that finds the operation of a method and a path, whose query it ignores. */
export function operationsOf(
  paths: OpenApiDocument['paths'],
): (method: string, path: string) => Operation | undefined {
  const patterns = Object.entries(paths).map(([path, methods]) => ({
    pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
    methods,
  }));
  return (method, path) => {
    const [bare = ''] = path.split('?');
    return patterns.find(({ pattern }) => pattern.test(bare))?.methods[method.toLowerCase()];
  };
}

/** Returns the schema of a JSON response; undefined if the operation has none for the status. */
export function responseSchemaOf({ responses }: Operation, status: number): JsonSchema | undefined {
  const { content } = responses[status] ?? responses['default'] ?? {};
  return content?.['application/json']?.schema;
}

/** The operations of the document, in which an object without described members may have any. */
let operationOf: ReturnType<typeof operationsOf> | undefined;

function withOpenObjects(document: OpenApiDocument): OpenApiDocument {
  const anyObjects = [{ type: 'object' }, { type: ['object', 'null'] }];
  const open = (_key: string, value: unknown): unknown =>
    anyObjects.some((one) => isDeepStrictEqual(value, one)) ? {} : value;
  return JSON.parse(JSON.stringify(document), open) as OpenApiDocument;
}

/** Fails if a successful JSON response is not as its schema in the OpenAPI document describes it. Reads a copy of the body. */
export async function assertDocumented(method: string, path: string, response: Response): Promise<void> {
  if (!response.ok || response.headers.get('content-type')?.startsWith('application/json') !== true) return;
  operationOf ??= operationsOf(withOpenObjects(sentOpenApiDocument()).paths);
  const operation = operationOf(method, path) ?? assert.fail(`${method} ${path} is not in the document`);
  const schema = responseSchemaOf(operation, response.status);
  if (schema === undefined) return;
  assert.deepEqual(schemaProblems(schema, await response.clone().json()), [], `${method} ${path}`);
}
