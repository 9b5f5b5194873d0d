import type { DocumentCache } from '../../api/http/encoded-document.ts';
import type { FleetDeps } from '../../api/http/fleet/fleet-route.ts';
import { WebhookRate } from '../../api/http/fleet/webhooks.ts';
import { ReportBuilds } from '../../api/http/harbor/report-builds.ts';
import type { HarborDeps } from '../../api/http/harbor/scan-routes.ts';
import type { NativeDeps } from '../../api/http/native/deps.ts';
import type { V1Deps } from '../../api/http/v1/deps.ts';
import { pageTokens } from '../../api/http/v1/page-token.ts';
import type { V3Deps } from '../../api/http/v3/deps.ts';
import type { V4Deps } from '../../api/http/v4/router.ts';
import type { Config } from '../../config/settings.ts';
import { limits } from '../../core/limits.ts';
import { KeyedMutex } from '../../kit/async/keyed-mutex.ts';
import { sleepOrWake } from '../../kit/async/wake-signal.ts';
import type { ReadExtracts } from '../../service/fleet/worker-analyzer.ts';
import { staleAfterMs } from '../command-context.ts';
import { logIngest } from '../log/server-events.ts';
import { parseSuppressions } from '../suppression/suppression-directory.ts';
import { otherCellOf } from './cells-plan.ts';
import { filterOf } from './notifier.ts';
import { isScanned } from './scan-runner.ts';
import type { ServiceDeps } from './service-deps.ts';

/** Interval between checks for events of other servers. */
const pollMs = 5_000;

/** Returns the dependencies of the handlers of Clair's API v1. */
export function toV1Deps(
  {
    store,
    pool,
    loaded,
    plan: { detectors, listers, feeds },
    server: { pageKey },
    writeMetrics,
    announceWork,
    ingests,
    listGate,
    now,
    log,
  }: ServiceDeps,
  documents: DocumentCache,
): V1Deps {
  const all = loaded.extensions;
  const extensions = { ...all, detectors, listers };
  const enabledListers = new Set(extensions.listers.map(({ name }) => name));
  const ignoredListers = new Set(
    all.listers.map(({ name }) => name).filter((name) => !enabledListers.has(name)),
  );
  return {
    extensions,
    store,
    ingest: { extensions, store, read: pool.reader(loaded.analyzers), ignoredListers },
    pendingIngests: ingests,
    writing: {
      extensions,
      store,
      mutex: new KeyedMutex(limits.storeWriteWaitMs),
      now,
      onChange: announceWork,
    },
    tokens: pageTokens(pageKey, now),
    documents,
    listLimiter: listGate,
    onIngested: (record) => {
      logIngest(log, record);
    },
    metrics: () => writeMetrics(feeds),
  };
}

/** Returns the dependencies of the handlers of Clair's API v3, from those of v1. */
export function toV3Deps(
  { extensions, store, ingest, pendingIngests, tokens, listLimiter, onIngested, metrics }: V1Deps,
  feeds: V3Deps['feeds'],
): V3Deps {
  return {
    feeds,
    extensions,
    store,
    ingest: { ...ingest, store },
    pendingIngests: pendingIngests,
    tokens,
    listLimiter: listLimiter,
    onIngested: onIngested,
    metrics,
  };
}

/** Returns the dependencies of the handlers of Clair's API v4, which lists packages of languages whatever the settings of a worker are. */
export function toV4Deps(
  { store, pool, loaded, plan, ingests, listGate, log }: ServiceDeps,
  { api, updater, notifier }: Pick<Config, 'api' | 'updater' | 'notifier'>,
  documents: DocumentCache,
): V4Deps {
  const { extensions } = loaded;
  return {
    ingest: {
      extensions,
      store,
      read: pool.reader(loaded.analyzers),
      ignoredListers: new Set(),
      recordsUnread: true,
    },
    pendingIngests: ingests,
    onIngested: (record) => {
      logIngest(log, record);
    },
    matching: { extensions, store },
    listLimiter: listGate,
    documents,
    filter: filterOf(notifier),
    feeds: plan.feeds,
    notReadyStatus: api.v4.notready === '404' ? 404 : 202,
    maxAgeSeconds: Math.round(updater.interval / 1000),
  };
}

/** The reader of extracts for reports. */
export interface ReportingDeps {
  readonly readExtracts: ReadExtracts | undefined;
}

/** Returns the dependencies of the handlers of `/api/v1`. */
export function toFleetDeps(config: Config, deps: ServiceDeps & ReportingDeps): FleetDeps {
  const { registries, credentials } = config.images;
  const { loaded, store, suppressions, listGate, announceWork, now, server, readExtracts } = deps;
  const { extensions } = loaded;
  return {
    store,
    extensions,
    suppressions,
    parse: parseSuppressions,
    formats: extensions.formats,
    credentials: Object.keys(credentials),
    mayScan: (registry) => isScanned(registry, registries, server),
    readExtracts,
    otherCellOf: (registry) => otherCellOf(registry, config),
    labelWeights: server.labelWeights,
    watched: server.registries,
    noticedNames: store.noticedNames,
    webhookRate: new WebhookRate(),
    announceWork,
    listLimiter: listGate,
    now,
    staleAfterMs,
  };
}

/** Returns the dependencies of the handlers of Harbor's scanner API. Undefined if it is off. */
export function toHarborDeps(
  { api: { harbor }, updater }: Config,
  deps: ServiceDeps & ReportingDeps,
): HarborDeps | undefined {
  const { server, loaded, plan, store, suppressions, listGate, announceWork, now, readExtracts } = deps;
  const { feeds } = plan;
  if (server.harbor === undefined) return undefined;
  const { mayContact, seal } = server.harbor;
  const { extensions } = loaded;
  return {
    store,
    extensions,
    suppressions,
    feeds,
    announceWork,
    now,
    staleAfterMs,
    mayContact,
    readExtracts,
    updateIntervalMs: updater.interval,
    seal: (access) => seal(access, now()),
    listLimiter: listGate,
    builds: new ReportBuilds(),
    showsDoubts: harbor.notassessed === 'finding',
  };
}

/** Returns the dependencies of the handlers of the native API. */
export function toNativeDeps({
  loaded: { extensions },
  store,
  suppressions,
  wakeSignal,
  listGate,
  now,
}: ServiceDeps): NativeDeps {
  return {
    store,
    extensions,
    suppressions,
    listLimiter: listGate,
    followers: new Set(),
    now,
    sleepOrWake: (signal) => sleepOrWake(pollMs, wakeSignal, signal),
  };
}
