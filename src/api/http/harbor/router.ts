import type { IncomingHttpHeaders } from 'node:http';
import type { ApiRequest, ApiResponse, Route } from '../route.ts';
import { notFoundResponse, plainRouter, type Router } from '../router.ts';
import { renderHarborError, toHarborError } from './errors.ts';
import { ScannerMetadata } from './metadata.ts';
import { getHarborReport, scanPath } from './report-route.ts';
import { type HarborDeps, postHarborScan } from './scan-routes.ts';

type HarborHandler = (request: ApiRequest) => Promise<ApiResponse>;

/** Returns a router for Harbor's scanner API. A path of it with another method gets 405. Other paths below `/harbor` get 404. */
export function harborRouter(deps: HarborDeps): Router {
  const metadata = new ScannerMetadata(deps);
  const routes = [
    routeOf('getMetadata', 'GET', { path: '/harbor/api/v1/metadata', handle: () => metadata.respond() }),
    {
      ...routeOf('postScan', 'POST', { path: scanPath, handle: (request) => postHarborScan(request, deps) }),
      scope: 'scan' as const,
    },
    routeOf('getReport', 'GET', {
      path: `${scanPath}/:id/report`,
      handle: (request) => getHarborReport(request, deps),
    }),
  ];
  return plainRouter(routes, (_, matching) => (matching.length === 0 ? notFoundResponse : { status: 405 }));
}

function routeOf(
  name: string,
  method: string,
  { path, handle }: { readonly path: string; readonly handle: HarborHandler },
): Route {
  return {
    name: `harbor/${name}`,
    method,
    path,
    handle,
    renderError: renderHarborError,
    translateError: toHarborError,
    authorizationOf: harborAuthorization,
  };
}

/** Returns the token of a request in the form of a bearer token: Harbor can also send it as an API key or as a password. */
export function harborAuthorization(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['x-scanneradapter-api-key'];
  if (typeof key === 'string') return `Bearer ${key}`;
  const [, credentials] = /^basic +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (credentials === undefined) return headers.authorization;
  const [, password = ''] = /^[^:]*:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
  return `Bearer ${password}`;
}
