import { scopeOf } from './access.ts';
import type { Route } from './exchange.ts';
import { type Schema, schemaOf, schemasOf } from './go-schema.ts';
import type { GoStruct } from './go-type.ts';

/** A parameter of a query. */
export interface QueryDescription {
  readonly type: 'string' | 'integer';
  readonly summary: string;
  readonly isRequired?: boolean;
  /** Counts without a value too. */
  readonly allowsNothing?: boolean;
}

/** What a route is for, and what it takes and gives. */
export interface RouteDescription {
  readonly summary: string;
  readonly query?: Readonly<Record<string, QueryDescription>>;
  /** The body of a request. */
  readonly takes?: GoStruct;
  /** The body of an answer; none where it is not said. */
  readonly gives?: GoStruct | Schema | 'text' | 'events';
  /** 200 where it is not said. */
  readonly status?: number;
  /** Other answers that are to be reckoned with. */
  readonly faults?: readonly number[];
}

/** A route with its description. */
export interface DescribedRoute {
  readonly route: Pick<Route, 'name' | 'method' | 'scope'>;
  /** From the root: `/v1/layers/:name`. */
  readonly path: string;
  readonly description: RouteDescription;
  /** Where it is served, when not where the document is. */
  readonly server?: string;
}

/** The OpenAPI 3.1 document of routes. Where tokens are asked for, it says which scope each route needs. */
export function openApiDocument(routes: readonly DescribedRoute[], asksForTokens: boolean): Schema {
  const structs = routes.flatMap(({ description: { takes, gives } }) => [takes, gives].filter(isStruct));
  const paths: Record<string, Schema> = {};
  for (const one of routes) {
    const path = one.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = {
      ...paths[path],
      ...(one.server !== undefined && { servers: [{ url: one.server }] }),
      [one.route.method.toLowerCase()]: operation(one, asksForTokens),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Clair',
      version: '1',
      description: 'Finds known vulnerabilities in the layers of container images.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { ...schemasOf(structs), Fault: fault },
      ...(asksForTokens && { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } }),
    },
  };
}

const fault: Schema = {
  type: 'object',
  properties: { Error: { type: 'object', properties: { Message: { type: 'string' } } } },
};

function isStruct(type: RouteDescription['gives']): type is GoStruct {
  return typeof type === 'object' && 'kind' in type;
}

function operation({ route, path, description, server }: DescribedRoute, asksForTokens: boolean): Schema {
  const { summary, takes, gives, status = 200, faults = [] } = description;
  const parameters = [...pathParameters(path), ...queryParameters(description.query ?? {})];
  const isGuarded = asksForTokens && server === undefined;
  return {
    operationId: route.name.replace(/^.*\//, ''),
    summary,
    // As Clair, which has it in its path.
    ...(path.startsWith('/v1/') && { tags: ['v1'] }),
    ...(isGuarded && { security: [{ token: [scopeOf(route)] }] }),
    ...(parameters.length > 0 && { parameters }),
    ...(takes !== undefined && { requestBody: { required: true, content: jsonOf(schemaOf(takes)) } }),
    responses: {
      [status]: { description: 'It is done.', ...(gives !== undefined && { content: contentOf(gives) }) },
      ...Object.fromEntries([...faults, ...(isGuarded ? [401, 403] : [])].map(faultAnswer)),
      ...(server === undefined && { default: { description: 'A failure.', content: faultContent } }),
    },
  };
}

const meanings: Readonly<Record<number, string>> = {
  400: 'The request cannot be taken as it is.',
  401: 'A token is needed.',
  403: 'The token does not allow it.',
  404: 'It is not there.',
  422: 'A part of the layer cannot be read; the message names the file and the reason.',
  500: 'It is not in order.',
  503: 'There is too much to do: try again after `Retry-After` seconds.',
};

const faultContent = jsonOf({ $ref: '#/components/schemas/Fault' });

function faultAnswer(status: number): readonly [number, Schema] {
  const content = status === 500 ? {} : { content: faultContent };
  return [status, { description: meanings[status] ?? 'A failure.', ...content }];
}

function contentOf(gives: NonNullable<RouteDescription['gives']>): Schema {
  if (gives === 'events') return { 'text/event-stream': { schema: { type: 'string' } } };
  if (gives === 'text') return { 'text/plain': { schema: { type: 'string' } } };
  return jsonOf(isStruct(gives) ? schemaOf(gives) : gives);
}

function jsonOf(schema: Schema): Schema {
  return { 'application/json': { schema } };
}

function pathParameters(path: string): Schema[] {
  return Array.from(path.matchAll(/:(\w+)/g), ([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: Readonly<Record<string, QueryDescription>>): Schema[] {
  return Object.entries(query).map(([name, { type, summary, isRequired, allowsNothing }]) => ({
    name,
    in: 'query',
    description: summary,
    required: isRequired === true,
    ...(allowsNothing === true && { allowEmptyValue: true }),
    schema: { type },
  }));
}
