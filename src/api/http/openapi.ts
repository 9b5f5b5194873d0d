import { requiredScope } from './access.ts';
import { type Schema, schemaOf, schemasOf } from './go-schema.ts';
import type { GoStruct } from './go-type.ts';
import type { Route } from './route.ts';

/** A query parameter. */
export interface QueryDescription {
  readonly type: 'string' | 'integer';
  readonly summary: string;
  readonly isRequired?: boolean;
  /** Whether the parameter also counts without a value. */
  readonly allowsEmptyValue?: boolean;
}

/** Returns the parameters of a list of things that is read page by page. */
export function pageQuery(
  things: string,
  cursor: QueryDescription['type'],
): Readonly<Record<'limit' | 'after', QueryDescription>> {
  return {
    limit: { type: 'integer', summary: `Maximum number of ${things}, from 1 to 1000; 100 by default.` },
    after: { type: cursor, summary: 'Start of the page: `next` of the previous page.' },
  };
}

/** The parameter for a time in the past. */
export const asOfQuery: QueryDescription = {
  type: 'string',
  summary:
    'A time in the past whose advisories are used: a day, which means its end in UTC, or an ISO 8601 time with its zone.',
};

/** The parameter that servers over several cells have besides those of a cell. */
export const partialQuery: QueryDescription = {
  type: 'string',
  summary: '`true`: accept an answer without cells that did not answer, of a server over several cells.',
};

/** Returns the parameters of such a list that servers over several cells have, too. */
export function cellsPageQuery(
  ...page: Parameters<typeof pageQuery>
): Readonly<Record<'limit' | 'after' | 'partial', QueryDescription>> {
  return { ...pageQuery(...page), partial: partialQuery };
}

/** The purpose of a route, with its parameters and bodies. */
export interface RouteDescription {
  readonly summary: string;
  readonly query?: Readonly<Record<string, QueryDescription>>;
  /** The body of the request. */
  readonly requestType?: GoStruct;
  /** Instead of `requestType`: the schema of the body. */
  readonly requestSchema?: Schema;
  /** The body of the response; absent if it has none. */
  readonly responseType?: GoStruct | Schema | 'text' | 'events';
  /** Whether the list is also available as CSV, by `Accept`. */
  readonly hasCsv?: true;
  /** The status of success; 200 by default. */
  readonly status?: number;
  /** Error statuses to expect. */
  readonly errorStatuses?: readonly number[];
  /** Whether errors are problem documents (RFC 9457). */
  readonly hasProblems?: boolean;
  /** The body of errors, if it is neither a problem document nor that of the v1 API. */
  readonly errorSchema?: Schema;
}

/** The parts in which the descriptions of lists differ. */
export interface ListDescription extends Pick<RouteDescription, 'summary' | 'query'> {
  /** The member of the response that has the rows. */
  readonly name: string;
  /** The things that `limit` counts; `name` by default. */
  readonly things?: string;
  readonly row: Schema;
  /** Members of the response besides the rows and `next`. */
  readonly head?: Readonly<Record<string, Schema>>;
  /** Error statuses besides 400 and 503. */
  readonly refusals?: readonly number[];
}

/** Returns the description of a list that is read page by page as JSON, or as a whole as CSV. */
export function describedList({
  name,
  things = name,
  summary,
  query = {},
  row,
  head = {},
  refusals = [],
}: ListDescription): RouteDescription {
  const properties = { ...head, [name]: { type: 'array', items: row }, next: { type: 'string' } };
  return {
    summary,
    query: { ...query, ...pageQuery(things, 'string') },
    responseType: { type: 'object', properties },
    hasCsv: true,
    hasProblems: true,
    errorStatuses: [400, ...refusals, 503],
  };
}

/** A route with its description. */
export interface DescribedRoute {
  readonly route: Pick<Route, 'name' | 'method' | 'scope' | 'checksAccess'>;
  /** The absolute path: `/v1/layers/:name`. */
  readonly path: string;
  readonly description: RouteDescription;
  /** The URL of its server, if another one than that of the document. */
  readonly server?: string;
}

/** Returns the OpenAPI 3.1 document of routes. With tokens, it states the scope that each route needs. */
export function openApiDocument(routes: readonly DescribedRoute[], requiresTokens: boolean): Schema {
  const structs = routes.flatMap(({ description: { requestType, responseType } }) =>
    [requestType, responseType].filter(isStruct),
  );
  const paths: Record<string, Schema> = {};
  for (const one of routes) {
    const path = one.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = {
      ...paths[path],
      ...(one.server !== undefined && { servers: [{ url: one.server }] }),
      [one.route.method.toLowerCase()]: operation(one, requiresTokens),
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
      schemas: { ...schemasOf(structs), Fault: errorSchema },
      ...(requiresTokens && { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } }),
    },
  };
}

const errorSchema: Schema = {
  type: 'object',
  properties: { Error: { type: 'object', properties: { Message: { type: 'string' } } } },
};

function isStruct(type: RouteDescription['responseType']): type is GoStruct {
  return typeof type === 'object' && 'kind' in type;
}

function operation({ route, path, description, server }: DescribedRoute, requiresTokens: boolean): Schema {
  const { summary } = description;
  const parameters = [...pathParameters(path), ...queryParameters(description.query ?? {})];
  const isTokenRequired = requiresTokens && server === undefined && route.checksAccess !== true;
  const bodySchema = bodySchemaOf(description);
  return {
    operationId: route.name.replace(/^.*\//, ''),
    summary,
    // Clair also has the version in its paths.
    ...(path.startsWith('/v1/') && { tags: ['v1'] }),
    ...(isTokenRequired && { security: [{ token: [requiredScope(route)] }] }),
    ...(parameters.length > 0 && { parameters }),
    ...(bodySchema !== undefined && { requestBody: { required: true, content: jsonOf(bodySchema) } }),
    responses: responsesOf(description, {
      hasDefault: server === undefined,
      accessStatuses: isTokenRequired ? [401, 403] : [],
    }),
  };
}

function responsesOf(
  description: RouteDescription,
  {
    hasDefault,
    accessStatuses,
  }: { readonly hasDefault: boolean; readonly accessStatuses: readonly number[] },
): Schema {
  const { responseType, status = 200, errorStatuses = [], hasProblems = false, hasCsv } = description;
  const { errorSchema: own } = description;
  const errors = own === undefined ? (hasProblems ? problemContent : errorContent) : jsonOf(own);
  return {
    [status]: {
      description: 'Success.',
      ...(responseType !== undefined && {
        content: { ...contentOf(responseType), ...(hasCsv === true && csvContent) },
      }),
    },
    ...Object.fromEntries(
      [...errorStatuses, ...accessStatuses].map((code) => errorResponseObject(code, errors)),
    ),
    ...(hasDefault && { default: { description: 'An error.', content: errors } }),
  };
}

function bodySchemaOf({ requestType, requestSchema }: RouteDescription): Schema | undefined {
  return requestType === undefined ? requestSchema : schemaOf(requestType);
}

const statusDescriptions: Readonly<Record<number, string>> = {
  400: 'The request is invalid.',
  401: 'A valid token is required.',
  403: 'The scope of the token is not sufficient.',
  404: 'Not found.',
  422: 'A part of the layer cannot be read; the message names the file and the reason.',
  500: 'The database does not respond.',
  503: 'The server is busy or not ready: retry after `Retry-After` seconds.',
};

const errorContent = jsonOf({ $ref: '#/components/schemas/Fault' });

const csvContent: Schema = { 'text/csv': { schema: { type: 'string' } } };

const problemContent: Schema = {
  'application/problem+json': {
    schema: {
      type: 'object',
      properties: {
        type: { type: 'string' },
        title: { type: 'string' },
        status: { type: 'integer' },
        detail: { type: 'string' },
      },
    },
  },
};

function errorResponseObject(status: number, ofError: Schema): readonly [number, Schema] {
  const content = status === 500 ? {} : { content: ofError };
  return [status, { description: statusDescriptions[status] ?? 'An error.', ...content }];
}

function contentOf(responseType: NonNullable<RouteDescription['responseType']>): Schema {
  if (responseType === 'events') return { 'text/event-stream': { schema: { type: 'string' } } };
  if (responseType === 'text') return { 'text/plain': { schema: { type: 'string' } } };
  return jsonOf(isStruct(responseType) ? schemaOf(responseType) : responseType);
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
  return Object.entries(query).map(([name, { type, summary, isRequired, allowsEmptyValue }]) => ({
    name,
    in: 'query',
    description: summary,
    required: isRequired === true,
    ...(allowsEmptyValue === true && { allowEmptyValue: true }),
    schema: { type },
  }));
}
