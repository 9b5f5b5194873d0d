import type { Schema } from '../go-schema.ts';
import type { RouteDescription } from '../openapi.ts';

const state: Schema = {
  type: 'object',
  properties: {
    client: { type: ['string', 'null'] },
    scope: { enum: ['read', 'triage', 'scan', 'admin', null] },
    limited: { type: 'boolean' },
    signIn: { type: 'object', properties: { token: { type: 'boolean' }, oidc: { type: 'boolean' } } },
    at: { type: 'string' },
    version: { type: ['string', 'null'] },
  },
};

/** Description of `GET /api/v1/session` for the OpenAPI document. */
export const getSessionDescription: RouteDescription = {
  summary: 'Returns who the client is, and how a browser can sign in. It needs no token.',
  responseType: state,
  hasProblems: true,
  errorStatuses: [400],
};

/** Description of `POST /api/v1/session` for the OpenAPI document. */
export const postSessionDescription: RouteDescription = {
  summary: 'Signs a browser in with a token of the server: the response sets a cookie.',
  requestSchema: {
    type: 'object',
    required: ['token'],
    additionalProperties: false,
    properties: { token: { type: 'string' } },
  },
  responseType: state,
  hasProblems: true,
  errorStatuses: [400, 401, 409, 413],
};

/** Description of `DELETE /api/v1/session` for the OpenAPI document. */
export const deleteSessionDescription: RouteDescription = {
  summary: 'Makes the browser forget its session.',
  status: 204,
  hasProblems: true,
  errorStatuses: [400],
};

/** Description of `GET /api/v1/session/sign-in` for the OpenAPI document. */
export const signInDescription: RouteDescription = {
  summary: 'Leads a browser to the provider of identities of `api.oidc`.',
  query: { to: { type: 'string', summary: 'Path of the page to return to.' } },
  status: 303,
  errorSchema: { type: 'string' },
  errorStatuses: [404, 502],
};

/** Description of `GET /api/v1/session/callback` for the OpenAPI document. */
export const callbackDescription: RouteDescription = {
  summary: 'Signs a browser in that comes back from the provider: the response sets a cookie.',
  query: {
    code: { type: 'string', summary: 'The code of the provider.' },
    state: { type: 'string', summary: 'The state of the sign-in.' },
  },
  responseType: 'text',
  errorSchema: { type: 'string' },
  errorStatuses: [403, 404, 502],
};
