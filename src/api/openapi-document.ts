import { describedHealthRoutes } from './health.ts';
import { describedFleetRoutes } from './http/fleet/routes.ts';
import type { Schema } from './http/go-schema.ts';
import { describedHarborRoutes } from './http/harbor/descriptions.ts';
import { describedNativeRoutes } from './http/native/routes.ts';
import { type DescribedRoute, openApiDocument } from './http/openapi.ts';
import { type Router, routerOf } from './http/router.ts';
import { describedSessionRoutes } from './http/session/session-routes.ts';
import { describedV1Routes } from './http/v1/routes.ts';
import { describedV4Routes } from './http/v4/router.ts';

const documentRoute: DescribedRoute = {
  route: { name: 'openapi', method: 'GET' },
  path: '/openapi.json',
  description: { summary: 'Returns this document.', responseType: { type: 'object' } },
};

/** Returns the OpenAPI document of all routes of a server. */
export function apiOpenApiDocument(requiresTokens: boolean): Schema {
  return openApiDocument(
    [
      ...describedV1Routes(),
      ...describedNativeRoutes(),
      ...describedFleetRoutes(),
      ...describedSessionRoutes(),
      ...describedV4Routes(),
      ...describedHarborRoutes(),
      documentRoute,
      ...describedHealthRoutes(),
    ],
    requiresTokens,
  );
}

/** Returns the routers for `/openapi.json`, a route that the original Clair does not have, and for that of Clair v4. */
export function openApiRouters(requiresTokens: boolean): Router[] {
  const { name, method } = documentRoute.route;
  const handle = async () => ({ status: 200, body: apiOpenApiDocument(requiresTokens) });
  return [documentRoute.path, '/openapi/v1'].map((path) =>
    routerOf(path, [{ name, method, path: '', handle }]),
  );
}
