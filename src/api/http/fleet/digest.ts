import * as z from 'zod/mini';
import { digestMail } from '../../../notify/digest-mail.ts';
import { collectDigest } from '../../../service/fleet/daily-digest.ts';
import { parseQuery } from '../native/query.ts';
import type { ApiRequest, ApiResponse } from '../route.ts';
import { digestDescription } from './digest-description.ts';
import type { FleetDeps, FleetRoute } from './fleet-route.ts';
import { jsonResponse } from './problem.ts';

const digestQuery = z.strictObject({
  format: z._default(z.enum(['json', 'text', 'html'], 'must be json, text or html'), 'json'),
});

/** `GET /digest`: returns what the next daily mail would say, without sending it. */
async function getDigestRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { format } = parseQuery(request, digestQuery);
  const digest = await deps.listLimiter.run(request.signal, () => collectDigest(deps, request.signal));
  if (format === 'json') return jsonResponse(200, digest);
  const mail = digestMail(digest, undefined);
  return {
    status: 200,
    headers: { 'Content-Security-Policy': "default-src 'none'", 'X-Content-Type-Options': 'nosniff' },
    contentType: `text/${format === 'text' ? 'plain' : 'html'}; charset=utf-8`,
    text: mail[format],
  };
}

/** The route of the daily digest. */
export const digestRoutes: readonly FleetRoute[] = [
  {
    name: 'api/v1/getDigest',
    method: 'GET',
    path: '/digest',
    handler: getDigestRoute,
    description: digestDescription,
  },
];
