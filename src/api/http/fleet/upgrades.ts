import * as z from 'zod/mini';
import { differenceOfSums } from '../../../match/upgrades/weighed-finding.ts';
import { severities } from '../../../model/severity.ts';
import { fleetUpgradesMarkdown } from '../../../report/upgrades/fleet-markdown.ts';
import {
  type FleetUpgrade,
  type FleetUpgrades,
  planFleetUpgrades,
} from '../../../service/finding-counts/fleet-upgrades.ts';
import { findOutdatedBases } from '../../../service/finding-counts/outdated-bases.ts';
import { findKeptUpgrades, keptUpgrades } from '../../../service/finding-counts/update-upgrades.ts';
import { knownTagOf } from '../../../service/images/find-known-images.ts';
import type { UpgradeScope } from '../../../store/finding-index-store.ts';
import { preferredType } from '../media-ranges.ts';
import { integerParameter, parseQuery } from '../native/query.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import { type CsvColumns, type CsvPage, csvResponse } from './csv.ts';
import { labelOf, labelText, repositoryParameter, textParameter } from './filters.ts';
import type { FleetDeps, FleetRoute } from './fleet-route.ts';
import { getImageUpgradesRoute } from './image-upgrades.ts';
import { jsonResponse } from './problem.ts';
import { imageUpgradesDescription, upgradesDescription } from './upgrade-descriptions.ts';

const upgradesListed = 10;
const mediaTypes = ['application/json', 'text/csv', 'text/markdown'] as const;

const query = z.strictObject({
  limit: z._default(integerParameter(1, keptUpgrades), upgradesListed),
  repository: repositoryParameter,
  label: textParameter,
});

/**
 * `GET /upgrades`: returns what to upgrade first in all images, as a server has last ranked it. For a repository or a label, ranks it now:
 * the cost depends on the findings of its images.
 */
async function getUpgradesRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { limit, repository: given, label } = parseQuery(request, query);
  const repository = given === undefined ? undefined : knownTagOf(given).repository;
  checkAccess(repository, request);
  const scope = { repository, label: label === undefined ? undefined : labelOf(label) };
  const plan = await planOf({ ...scope, limit }, request, deps);
  const hasImages =
    plan === undefined || plan.before.findings > 0 || (await knowsImages(scope, request, deps));
  const upgrades = plan?.upgrades.slice(0, limit) ?? [];
  const wanted = preferredType(request.headers.accept ?? '*/*', mediaTypes);
  if (wanted === 'text/csv') return csvResponse('upgrades', columns, () => onePage(upgrades));
  if (wanted === 'text/markdown') return markdownResponse(hasImages ? plan : 'no images', upgrades);
  return jsonResponse(200, { ...toJson(plan, upgrades), hasImages }, { Vary: 'Accept' });
}

async function* onePage(rows: readonly FleetUpgrade[]): AsyncGenerator<CsvPage<FleetUpgrade>> {
  yield { rows, next: undefined };
}

/** Whether the server knows any image of a scope. Without one, an empty list does not mean that there is nothing to upgrade. */
async function knowsImages(
  { repository, label }: UpgradeScope,
  { repositories }: ApiRequest,
  { store }: FleetDeps,
): Promise<boolean> {
  const filter = {
    ...(repository !== undefined && { repository }),
    // Images that have left the repository can be of others now.
    ...(repositories !== undefined && ({ isNamed: true } as const)),
    label,
  };
  const { images } = await store.findingIndex.pageImages(filter, { limit: 1, order: 'number' });
  return images.length > 0;
}

function markdownResponse(
  plan: FleetUpgrades | 'no images' | undefined,
  upgrades: readonly FleetUpgrade[],
): ApiResponse {
  const isPlan = plan !== undefined && plan !== 'no images';
  const lines = fleetUpgradesMarkdown(
    isPlan ? { ...plan, upgrades, after: afterOf(plan, upgrades), weights: weightsJson(plan) } : plan,
  );
  const contentType = 'text/markdown; charset=utf-8';
  return { status: 200, headers: { Vary: 'Accept' }, contentType, text: [...lines].join('') };
}

/** A token that is limited to repositories reads the upgrades of one of them. */
function checkAccess(repository: string | undefined, { repositories }: ApiRequest): void {
  if (repositories === undefined || (repository !== undefined && repositories.allows(repository))) return;
  throw new WireError(403, 'this token is limited to repositories: give one of them');
}

async function planOf(
  scope: UpgradeScope & { readonly limit: number },
  { signal, repositories }: ApiRequest,
  { store, extensions: { schemes }, listLimiter, labelWeights: weights }: FleetDeps,
): Promise<FleetUpgrades | undefined> {
  if (scope.repository === undefined && scope.label === undefined) return await findKeptUpgrades(store);
  return await listLimiter.run(signal, async () => {
    // Base images can be of repositories that the token may not read.
    const bases = repositories === undefined ? await findOutdatedBases(store) : [];
    return await planFleetUpgrades({ ...scope, bases, weights }, { store, schemes, signal });
  });
}

function toJson(plan: FleetUpgrades | undefined, upgrades: readonly FleetUpgrade[]): object {
  if (plan === undefined) return { upgrades: null, before: null, after: null, countedAt: null, weights: [] };
  const { before, countedAt, priors } = plan;
  const after = afterOf(plan, upgrades);
  return {
    upgrades: upgrades.map(upgradeJson),
    before,
    after,
    countedAt,
    priors,
    weights: weightsJson(plan),
  };
}

function weightsJson({ weights = [] }: FleetUpgrades): { readonly label: string; readonly weight: number }[] {
  return weights.map(({ label, weight }) => ({ label: labelText(label), weight }));
}

function upgradeJson({ versions, versionCount, ...upgrade }: FleetUpgrade): object {
  const [version = null] = versions;
  return { ...upgrade, version: versionCount === 1 ? version : null, versions: versionCount };
}

/** The findings that are left after the upgrades that are shown. */
function afterOf({ before }: FleetUpgrades, upgrades: readonly FleetUpgrade[]): FleetUpgrades['after'] {
  return upgrades.reduce((left, { closes }) => differenceOfSums(left, closes), before);
}

const columns: CsvColumns<FleetUpgrade> = {
  rank: ({ rank }) => rank,
  kind: ({ kind }) => kind,
  namespace: ({ namespace }) => namespace,
  package: ({ package: name }) => name,
  versions: ({ versions }) => versions,
  fixedVersion: ({ fixedVersion }) => fixedVersion,
  images: ({ images }) => images,
  findings: ({ closes }) => closes.findings,
  exploited: ({ closes }) => closes.exploited,
  ...Object.fromEntries(
    severities.toReversed().map((severity) => [severity, ({ closes }: FleetUpgrade) => closes[severity]]),
  ),
  gain: ({ gain }) => gain,
  residual: ({ residual }) => residual,
  text: ({ text }) => text,
};

/** The routes of `/api/v1` that rank upgrades. */
export const upgradeRoutes: readonly FleetRoute[] = [
  {
    name: 'api/v1/getUpgrades',
    method: 'GET',
    path: '/upgrades',
    checksRepositories: true,
    handler: getUpgradesRoute,
    description: upgradesDescription,
  },
  {
    name: 'api/v1/getImageUpgrades',
    method: 'GET',
    path: '/images/:digest/upgrades',
    checksRepositories: true,
    handler: getImageUpgradesRoute,
    description: imageUpgradesDescription,
  },
];
