import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod/mini';
import {
  type Access,
  type AccessDecision,
  type AccessTarget,
  decideByGrant,
  type Grant,
  unauthenticated,
} from '../access.ts';
import { isOfOwnPage } from '../request-guard.ts';
import { errorResponse } from '../route.ts';
import type { SealedCookie } from './sealed-cookie.ts';

/** The content of the cookie of a session: who signed in, but not what they may do. */
export const sessionSchema = z.union([
  /** SHA-256 of the token, in hexadecimal. */
  z.strictObject({ token: z.string() }),
  /** Name of a person, and the values that a provider stated and the configuration named. */
  z.strictObject({ person: z.string(), values: z.array(z.string()) }),
]);

/** The person who signed in. */
export type BrowserSession = z.output<typeof sessionSchema>;

/** How sessions of browsers become grants. */
export interface SessionGrants {
  readonly cookie: Pick<SealedCookie<BrowserSession>, 'read' | 'isSent'>;
  /** Returns what the configuration grants now. Undefined if it grants nothing any more. */
  readonly grantOf: (session: BrowserSession) => Grant | undefined;
  /** In milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Returns access for browsers that have signed in, besides the access by tokens in the `Authorization` header, which goes first. A request
 * that is not a GET must come from a page of this server (CSRF).
 */
export function accessWithSessions(grants: SessionGrants, others: Access): Access {
  const { cookie } = grants;
  return {
    isOpen: false,
    authorize(authorization, route, headers) {
      const cookies = authorization === undefined ? headers?.cookie : undefined;
      const session = cookie.read(cookies);
      if (session !== undefined) return decideBySession(session, grants, { route, headers });
      if (cookie.isSent(cookies)) return { refusal: unauthenticated(route, unreadableCookie) };
      // People sign in, so access is not open although programs have no tokens.
      if (others.isOpen) return { refusal: unauthenticated(route, 'no bearer token') };
      return others.authorize(authorization, route, headers);
    },
  };
}

const unreadableCookie = 'the cookie of the session is too old, damaged or of another api.session.key';

interface SessionRequest {
  readonly route: AccessTarget | undefined;
  readonly headers: IncomingHttpHeaders | undefined;
}

function decideBySession(
  session: BrowserSession,
  { grantOf, now }: SessionGrants,
  { route, headers }: SessionRequest,
): AccessDecision {
  const grant = grantOf(session);
  if (grant === undefined)
    return {
      refusal: unauthenticated(route, 'the session has ended', 'the session has ended: sign in again'),
    };
  if (isWrite(route) && !isFromOwnPage(headers)) {
    const message = 'a session changes data only from pages of this server';
    const response = (route?.renderError ?? errorResponse)(403, message);
    return { token: grant.name, refusal: { response, reason: 'the request is not from an own page' } };
  }
  return decideByGrant(grant, route, now());
}

function isWrite(route: AccessTarget | undefined): boolean {
  return route !== undefined && route.method !== 'GET';
}

function isFromOwnPage(headers: IncomingHttpHeaders | undefined): boolean {
  return isOfOwnPage({
    origin: headers?.origin,
    site: headers?.['sec-fetch-site']?.toString(),
    host: headers?.host ?? '',
  });
}
