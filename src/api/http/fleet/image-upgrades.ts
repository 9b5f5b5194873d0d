import * as z from 'zod/mini';
import { platformForm } from '../../../image/format/platform.ts';
import { planImageUpgrades } from '../../../match/upgrades/plan-image-upgrades.ts';
import type { ImageUpgradePlan } from '../../../model/upgrade.ts';
import { unjudgedParts } from '../../../report/upgrades/plan-lines.ts';
import { upgradePlanMarkdown } from '../../../report/upgrades/plan-markdown.ts';
import { withKnownBase } from '../../../service/findings/known-base.ts';
import { otherBases } from '../../../service/findings/other-bases.ts';
import { assessStoredImage, openStoredImage } from '../../../service/fleet/stored-image.ts';
import type { KnownImage } from '../../../store/known-image-store.ts';
import { preferredType } from '../media-ranges.ts';
import { integerParameter, parseQuery } from '../native/query.ts';
import type { ApiRequest, ApiResponse } from '../route.ts';
import type { FleetDeps } from './jobs.ts';
import { jsonResponse } from './problem.ts';
import { readableImage } from './visible-image.ts';

/** Maximum number of listed upgrades. */
const upgradesMax = 1000;

const query = z.strictObject({
  limit: z.optional(integerParameter(1, upgradesMax)),
  asOf: z.optional(z.string('must be given once')),
  platform: z.optional(z.string().check(z.regex(platformForm, 'must be like linux/arm64'))),
});

interface PlanOptions {
  readonly limit?: number | undefined;
  readonly asOf?: string | undefined;
  /** Whether base images of the whole server may be named. */
  readonly namesBases: boolean;
}

/** `GET /images/:digest/upgrades`: returns what to upgrade first in an image, as `clair upgrade --base auto` does. */
export async function getImageUpgradesRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { platform, ...wanted } = parseQuery(request, query);
  const { store, listLimiter } = deps;
  const known = await readableImage(request.params['digest'] ?? '', platform, { request, store });
  const options = { ...wanted, namesBases: request.repositories === undefined };
  const plan = await listLimiter.run(request.signal, () => planOf(known, options, deps));
  const type = preferredType(request.headers.accept ?? '*/*', ['application/json', 'text/markdown']);
  if (type !== 'text/markdown') return jsonResponse(200, plan, { Vary: 'Accept' });
  return {
    status: 200,
    headers: { Vary: 'Accept' },
    contentType: 'text/markdown; charset=utf-8',
    text: [...upgradePlanMarkdown(plan)].join(''),
  };
}

async function planOf(
  known: KnownImage,
  { limit, asOf, namesBases }: PlanOptions,
  deps: FleetDeps,
): Promise<ImageUpgradePlan> {
  const { store, extensions } = deps;
  const { report: own } = await assessStoredImage(await openStoredImage(known, deps), { asOf }, deps);
  const report = namesBases ? await withKnownBase(own, store) : own;
  const { base } = report;
  const bases = base === undefined ? [] : await otherBases(base, { store, extensions, asOf });
  const options = { schemes: extensions.schemes, bases, limit, mayRebuild: true };
  return { ...planImageUpgrades(report, options), doubts: unjudgedParts(report) };
}
