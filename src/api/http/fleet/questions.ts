import * as z from 'zod/mini';
import { platformForm } from '../../../image/format/platform.ts';
import { parseDigest } from '../../../model/digest.ts';
import { explainFinding } from '../../../service/findings/explain-finding.ts';
import { compareImages } from '../../../service/fleet/compare-images.ts';
import { assessStoredImage, openStoredImage } from '../../../service/fleet/stored-image.ts';
import { asOfParameter, parseQuery } from '../native/query.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import type { FleetDeps, FleetRoute } from './fleet-route.ts';
import { jsonResponse } from './problem.ts';
import { diffDescription, explainDescription } from './question-descriptions.ts';
import { readableImage } from './visible-image.ts';

const once = z.string('must be given once');
const platform = z.optional(z.string().check(z.regex(platformForm, 'must be like linux/arm64')));

const explainQuery = z.strictObject({
  vulnerability: once.check(z.minLength(1, 'must not be empty')),
  package: z.optional(once),
  asOf: asOfParameter,
  platform,
});

/**
 * `GET /images/:digest/explain`: returns why a report has a vulnerability, or why not. Costs one match of the image, and a check of each row of
 * the advisories of that name.
 */
async function getExplainRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { vulnerability: id, package: name, ...query } = parseQuery(request, explainQuery);
  const digest = parseDigest(request.params['digest'] ?? '');
  if (digest === undefined)
    throw new WireError(400, 'the digest must be sha256:… with 64 hexadecimal digits');
  const known = await readableImage(digest, query.platform, { request, store: deps.store });
  const explanation = await deps.listLimiter.run(request.signal, async () => {
    const opened = await openStoredImage(known, deps);
    const { report } = await assessStoredImage(opened, query, deps);
    const assessed = { image: opened.indexed, report };
    return await explainFinding({ id, package: name }, assessed, { ...deps, asOf: query.asOf });
  });
  return jsonResponse(200, explanation);
}

const diffQuery = z.strictObject({
  a: once,
  b: once,
  aAsOf: asOfParameter,
  bAsOf: asOfParameter,
  platform,
});

/**
 * `GET /diff`: compares two images, or one image at two times. Without `aAsOf`, both sides have the advisories of now. Costs up to three
 * matches of two images.
 */
async function getDiffRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const query = parseQuery(request, diffQuery);
  const context = { request, store: deps.store };
  const a = { image: await readableImage(query.a, query.platform, context), asOf: query.aAsOf };
  const b = { image: await readableImage(query.b, query.platform, context), asOf: query.bAsOf };
  const difference = await deps.listLimiter.run(request.signal, () => compareImages(a, b, deps));
  const { came: added, went: removed, changed } = difference.packages;
  return jsonResponse(200, { ...difference, packages: { added, removed, changed } });
}

/** The routes of `/api/v1` that answer a question on single images. */
export const questionRoutes: readonly FleetRoute[] = [
  {
    name: 'api/v1/getExplain',
    method: 'GET',
    path: '/images/:digest/explain',
    checksRepositories: true,
    handler: getExplainRoute,
    description: explainDescription,
  },
  {
    name: 'api/v1/getDiff',
    method: 'GET',
    path: '/diff',
    checksRepositories: true,
    handler: getDiffRoute,
    description: diffDescription,
  },
];
