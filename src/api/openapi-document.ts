import { describedHealthRoutes } from './health.ts';
import type { Schema } from './http/go-schema.ts';
import { describedNativeRoutes } from './http/native/routes.ts';
import { type DescribedRoute, openApiDocument } from './http/openapi.ts';
import { type Router, routerOf } from './http/router.ts';
import { describedV1Routes } from './http/v1/routes.ts';

const documentRoute: DescribedRoute = {
  route: { name: 'openapi', method: 'GET' },
  path: '/openapi.json',
  description: { summary: 'This document.', responseType: { type: 'object' } },
};

/** The OpenAPI document of everything that a server answers. */
export function apiOpenApiDocument(requiresTokens: boolean): Schema {
  return openApiDocument(
    [...describedV1Routes(), ...describedNativeRoutes(), documentRoute, ...describedHealthRoutes()],
    requiresTokens,
  );
}

/** The way to that document, which Clair has not. */
export function openApiRouter(requiresTokens: boolean): Router {
  const { name, method } = documentRoute.route;
  const handle = async () => ({ status: 200, body: apiOpenApiDocument(requiresTokens) });
  return routerOf(documentRoute.path, [{ name, method, path: '', handle }]);
}
