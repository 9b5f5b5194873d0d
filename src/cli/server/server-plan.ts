import type { ServerOptions as TlsOptions } from 'node:https';
import { trustSettings } from '../../advisory-db/trust-policy.ts';
import type { Access } from '../../api/http/access.ts';
import type { SessionDeps } from '../../api/http/session/session-routes.ts';
import { readTls } from '../../api/http/tls.ts';
import { paginationKey } from '../../api/http/v1/page-token.ts';
import { type Address, listenAddress } from '../../config/address.ts';
import { resolveLayerSources } from '../../config/layer-sources.ts';
import type { Config } from '../../config/settings.ts';
import { ClairError } from '../../core/errors.ts';
import { type SourcePolicy, sourcePolicy } from '../../image/posted/source-policy.ts';
import { hasUnboundCredentials } from '../../image/registry/find-credentials.ts';
import { type ConnectToOtherHost, publicOtherHosts } from '../../image/registry/other-hosts.ts';
import type { FernetKey } from '../../kit/fernet.ts';
import type { LabelWeight } from '../../store/finding-index-store.ts';
import type { ExtractBucket } from '../../store/layer-extract-store.ts';
import { requireMirror } from '../feed-client.ts';
import type { PublishedOptions } from '../open-places.ts';
import { checkAuthFiles } from './auth-files.ts';
import { type CellsPlan, cellsPlan, ofOwnCell } from './cells-plan.ts';
import { checkDatabaseSettings } from './database-settings.ts';
import { extractBucketOf } from './extracts-plan.ts';
import { type HarborPlan, harborPlan } from './harbor-plan.ts';
import { labelWeightsOf } from './label-weights.ts';
import { Problems } from './problems.ts';
import { type ApiName, servedApis } from './served-apis.ts';
import { signInPlan } from './sign-in-plan.ts';
import { exportTarget } from './tracing.ts';
import { type ConfiguredRegistry, watchedRegistriesOf } from './watched-registries.ts';

/** Parts of a server: `api` answers clients, `worker` scans images and watches registries, `feeds` updates, `notify` delivers. */
const serverRoles = ['api', 'worker', 'feeds', 'notify'] as const;

/** A part of a server. */
export type ServerRole = (typeof serverRoles)[number];

/** The settings of a server that do not depend on plugins, checked and parsed. */
export interface ServerPlan {
  readonly roles: ReadonlySet<ServerRole>;
  readonly api: Address;
  readonly apis: ReadonlySet<ApiName>;
  readonly health: Address;
  readonly access: Access;
  readonly sessions: SessionDeps;
  /** Whether a client is limited to repositories. */
  readonly limitsRepositories: boolean;
  readonly tls: TlsOptions | undefined;
  readonly pageKey: FernetKey;
  readonly policy: SourcePolicy;
  /** Connects to hosts that registries name. Undefined if the settings allow any host. */
  readonly connectElsewhere: ConnectToOtherHost | undefined;
  readonly traces: ReturnType<typeof exportTarget>;
  /** Undefined if Harbor's scanner API is off. */
  readonly harbor: HarborPlan | undefined;
  /** The registries that are watched. */
  readonly registries: readonly ConfiguredRegistry[];
  /** How much the images of labels count when upgrades are ranked. */
  readonly labelWeights: readonly LabelWeight[];
  /** File with credentials of registries. Empty without one. */
  readonly authFile: string;
  /** Undefined if the settings keep no extracts in a bucket. */
  readonly extractBucket: ExtractBucket | undefined;
  /** Undefined if the settings name no cell. */
  readonly cells: CellsPlan | undefined;
}

/** Returns the cells that a server is over. Undefined for a complete installation. */
export function frontCellsOf({ cells }: ServerPlan): CellsPlan['cells'] | undefined {
  return cells?.own === undefined ? cells?.cells : undefined;
}

/** Options of `planServer`. */
export interface PlanOptions {
  readonly insecureTls?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Checks all settings that need neither plugins nor network nor database. Throws one `config-invalid` that lists all problems.
 */
export async function planServer(
  config: Config,
  { insecureTls = false, env = process.env }: PlanOptions,
): Promise<ServerPlan> {
  const { api, database, tracing } = config;
  const problems = new Problems();
  const plan = {
    roles: problems.check(() => rolesOf(config.roles)),
    api: problems.check(() => listenAddress('api.addr', api.addr, api.port)),
    apis: problems.check(() => servedApis(api.apis)),
    health: problems.check(() => listenAddress('api.healthaddr', api.healthaddr, api.healthport)),
    ...problems.check(() => signInPlan(api, { env })),
    tls: problems.check(() => readTls(api)),
    pageKey: problems.check(() => paginationKey(api.paginationkey || database.options.paginationkey)),
    policy: problems.check(() => sourcePolicy(resolveLayerSources(config), insecureTls, env)),
    connectElsewhere: problems.check(() => otherHostsOf(config, env)),
    traces: problems.check(() => exportTarget(tracing, env)),
    harbor: problems.check(() => harborPlan(api.harbor)),
    registries: problems.check(() => ofOwnCell(watchedRegistriesOf(config), config)),
    labelWeights: problems.check(() => labelWeightsOf(config.upgrades)),
    authFile: config.images.authfile,
    extractBucket: problems.check(() => extractBucketOf(config.extracts)),
  };
  problems.check(() => {
    checkAuthFiles(config.images);
  });
  let cells: CellsPlan | undefined;
  await problems.checkAsync(async () => {
    cells = await cellsPlan(config);
  });
  const { api: first, health: second } = plan;
  if (first !== undefined && second !== undefined)
    problems.check(() => {
      assertDifferentPorts(first, second);
    });
  for (const [option, mirror] of mirrorsOf(config))
    problems.check(() => {
      if (mirror !== '' && mirror !== 'upstream') requireMirror(mirror, option);
    });
  problems.check(() => {
    checkCredentials(env);
  });
  await problems.checkAsync(() => checkDatabaseSettings(database));
  await problems.checkAsync(() => checkPublished(config));
  problems.throwIfAny();
  return { ...plan, cells } as ServerPlan;
}

/** Throws `usage` for credentials that name no host: they would go to every registry that a client names. */
function checkCredentials(env: NodeJS.ProcessEnv): void {
  if (!hasUnboundCredentials(env)) return;
  throw new ClairError(
    'usage',
    'CLAIR_REGISTRY_TOKEN, or CLAIR_REGISTRY_USERNAME and CLAIR_REGISTRY_PASSWORD, need CLAIR_REGISTRY_HOST=HOST[:PORT] for a server: they go to that registry only',
  );
}

/** Returns how servers connect to hosts that registries name. Throws `config-invalid` for a malformed network. */
function otherHostsOf({ worker }: Config, env: NodeJS.ProcessEnv): ConnectToOtherHost | undefined {
  const { policy, networks } = worker.sources;
  return policy === 'open' ? undefined : publicOtherHosts(networks, env);
}

/** Returns the roles of a process: all without a name. Throws `config-invalid` for an unknown name. */
function rolesOf(names: readonly string[]): ReadonlySet<ServerRole> {
  if (names.length === 0) return new Set(serverRoles);
  return new Set(names.map(roleOf));
}

function roleOf(name: string): ServerRole {
  const role = serverRoles.find((one) => one === name);
  if (role !== undefined) return role;
  throw new ClairError('config-invalid', `roles takes ${serverRoles.join(', ')}, not ${name}`);
}

/** Returns the mirrors of a configuration, each with its setting. */
function mirrorsOf({ updater: { mirror, sources } }: Config): (readonly [option: string, mirror: string])[] {
  const own = Object.entries(sources).map(
    ([name, settings]) => [`updater.sources.${name}.mirror`, settings.mirror ?? ''] as const,
  );
  return [['updater.mirror', mirror], ...own];
}

/** Returns the published databases that the settings of a server name, and what it trusts. Undefined without any. */
export function publishedOptionsOf({
  from,
  root,
  acceptexpired: acceptExpired,
}: Config['updater']): PublishedOptions | undefined {
  if (from.length === 0) return undefined;
  return { from, acceptExpired, words: trustSettings, ...(root !== '' && { root }) };
}

/** Throws `usage` if a published database of the settings can never be used. */
async function checkPublished({ updater }: Config): Promise<void> {
  const options = publishedOptionsOf(updater);
  if (options === undefined) return;
  const { openPublishedAdvisories } = await import('../published-advisories.ts');
  await openPublishedAdvisories({ ...options, quiet: true });
}

/** Throws `config-invalid` if API and health check would listen on the same port. */
function assertDifferentPorts(api: Address, health: Address): void {
  if (api.port === 0 || api.port !== health.port) return;
  const isWildcard = ({ host }: Address): boolean =>
    host === undefined || host === '0.0.0.0' || host === '::';
  if (api.host !== health.host && !isWildcard(api) && !isWildcard(health)) return;
  throw new ClairError(
    'config-invalid',
    `the API and the health check cannot both listen on port ${api.port}: change api.addr or api.healthaddr`,
  );
}
