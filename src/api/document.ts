import { describedHealthRoutes } from './health.ts';
import type { Schema } from './http/go-schema.ts';
import { describedNativeRoutes } from './http/native/routes.ts';
import { type DescribedRoute, openApiDocument } from './http/openapi.ts';
import { type Router, routerOf } from './http/router.ts';
import { describedV1Routes } from './http/v1/routes.ts';

const own: DescribedRoute = {
  route: { name: 'openapi', method: 'GET' },
  path: '/openapi.json',
  description: { summary: 'This document.', gives: { type: 'object' } },
};

/** The OpenAPI document of everything that a server answers. */
export function apiDocument(asksForTokens: boolean): Schema {
  return openApiDocument(
    [...describedV1Routes(), ...describedNativeRoutes(), own, ...describedHealthRoutes()],
    asksForTokens,
  );
}

/** The way to that document, which Clair has not. */
export function documentRouter(asksForTokens: boolean): Router {
  const { name, method } = own.route;
  const handle = async () => ({ status: 200, body: apiDocument(asksForTokens) });
  return routerOf(own.path, [{ name, method, path: '', handle }]);
}
