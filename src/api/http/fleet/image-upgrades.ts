import * as z from 'zod/mini';
import { platformForm } from '../../../image/format/platform.ts';
import { planImageUpgrades } from '../../../match/upgrades/plan-image-upgrades.ts';
import type { Report } from '../../../model/report.ts';
import type { ImageUpgradePlan } from '../../../model/upgrade.ts';
import { upgradePlanDockerfile } from '../../../report/upgrades/plan-dockerfile.ts';
import { unjudgedParts } from '../../../report/upgrades/plan-lines.ts';
import { upgradePlanMarkdown } from '../../../report/upgrades/plan-markdown.ts';
import { withKnownBase } from '../../../service/findings/known-base.ts';
import { otherBases } from '../../../service/findings/other-bases.ts';
import { assessStoredImage, openStoredImage } from '../../../service/fleet/stored-image.ts';
import type { KnownImage } from '../../../store/known-image-store.ts';
import { preferredType } from '../media-ranges.ts';
import { asOfParameter, integerParameter, parseQuery } from '../native/query.ts';
import type { ApiRequest, ApiResponse } from '../route.ts';
import type { FleetDeps } from './fleet-route.ts';
import { jsonResponse } from './problem.ts';
import { readableImage } from './visible-image.ts';

/** Maximum number of listed upgrades. */
const upgradesMax = 1000;

const query = z.strictObject({
  limit: z.optional(integerParameter(1, upgradesMax)),
  asOf: asOfParameter,
  platform: z.optional(z.string().check(z.regex(platformForm, 'must be like linux/arm64'))),
});

const mediaTypes = ['application/json', 'text/markdown', 'text/x-dockerfile'] as const;

interface PlanOptions {
  readonly limit?: number | undefined;
  readonly asOf?: string | undefined;
  /** Whether base images of the whole server may be named. */
  readonly namesBases: boolean;
  /** See `ImageUpgradeOptions`. */
  readonly mayRebuild: boolean;
}

/** `GET /images/:digest/upgrades`: returns what to upgrade first in an image, as `clair upgrade --base auto` does. */
export async function getImageUpgradesRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { platform, ...wanted } = parseQuery(request, query);
  const { store, listLimiter } = deps;
  const known = await readableImage(request.params['digest'] ?? '', platform, { request, store });
  const type = preferredType(request.headers.accept ?? '*/*', mediaTypes);
  const options = {
    ...wanted,
    namesBases: request.repositories === undefined,
    mayRebuild: type !== 'text/x-dockerfile',
  };
  const { plan, report } = await listLimiter.run(request.signal, () => planOf(known, options, deps));
  if (type === 'text/markdown') return textResponse(type, upgradePlanMarkdown(plan));
  if (type === 'text/x-dockerfile') return textResponse(type, upgradePlanDockerfile(plan, report.packages));
  return jsonResponse(200, plan, { Vary: 'Accept' });
}

function textResponse(type: string, parts: Iterable<string>): ApiResponse {
  const contentType = `${type}; charset=utf-8`;
  return { status: 200, headers: { Vary: 'Accept' }, contentType, text: [...parts].join('') };
}

async function planOf(
  known: KnownImage,
  { limit, asOf, namesBases, mayRebuild }: PlanOptions,
  deps: FleetDeps,
): Promise<{ readonly plan: ImageUpgradePlan; readonly report: Report }> {
  const { store, extensions } = deps;
  const { report: own } = await assessStoredImage(await openStoredImage(known, deps), { asOf }, deps);
  const report = namesBases ? await withKnownBase(own, store) : own;
  const { base } = report;
  const bases = base === undefined ? [] : await otherBases(base, { store, extensions, asOf });
  const options = { schemes: extensions.schemes, bases, limit, mayRebuild };
  return { plan: { ...planImageUpgrades(report, options), doubts: unjudgedParts(report) }, report };
}
