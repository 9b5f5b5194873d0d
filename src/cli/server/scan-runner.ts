import type { Config } from '../../config/settings.ts';
import { ClairError, messageOf } from '../../core/errors.ts';
import { openReference } from '../../image/open-reference.ts';
import type { RegistryAccess } from '../../image/registry/endpoint.ts';
import { withoutCredentials } from '../../image/registry/find-credentials.ts';
import { openRepository } from '../../image/registry/open-registry-image.ts';
import { KeyedMutex } from '../../kit/async/keyed-mutex.ts';
import { attentiveSleep } from '../../kit/async/wake-signal.ts';
import { scriptUrl } from '../../kit/script-url.ts';
import { startLayerWorker } from '../../layer-pool/analyze-on-thread.ts';
import { type ReadAttachedVexDeps, readAttachedVex } from '../../service/fleet/read-attached-vex.ts';
import { runScans } from '../../service/fleet/run-scans.ts';
import { scanImage } from '../../service/fleet/scan-image.ts';
import { workerAnalyzer } from '../../service/fleet/worker-analyzer.ts';
import type { ClaimedScan } from '../../store/scan-job-store.ts';
import { ownerName } from '../environment.ts';
import { parseSuppressions } from '../suppression/suppression-directory.ts';
import { startBackgroundTask } from './background-task.ts';
import type { ServerPlan } from './server-plan.ts';
import type { ServiceDeps } from './service-deps.ts';

/** Time that a scan waits for another one that reads the same layer, in milliseconds. */
const layerTurnMs = 30 * 60_000;

/** Returns the environment with the file of credentials that the settings name. */
export function registryEnvironment(authFile: string): NodeJS.ProcessEnv {
  return { ...process.env, ...(authFile !== '' && { REGISTRY_AUTH_FILE: authFile }) };
}

/** Runs scans of images of registries until it is disposed. Does nothing if the settings name no registry. */
export function startScanRunner({ images }: Config, deps: ServiceDeps): AsyncDisposable {
  const { server, store, loaded, vexKeys, log, wakeSignal, now, previousStopped, extracts } = deps;
  const hasRegistries = images.registries.length > 0 || server.registries.length > 0;
  return startBackgroundTask('scans', log, async (signal) => {
    await previousStopped;
    if (!hasRegistries && server.harbor === undefined) return;
    const script = scriptUrl('../../layer-worker', import.meta.url);
    const analyzer = workerAnalyzer({
      startWorker: () => startLayerWorker(script, loaded.analyzers),
      extracts,
      ending: signal,
    });
    const { extensions } = loaded;
    const layerTurns = new KeyedMutex(layerTurnMs);
    await runScans(
      {
        store,
        now,
        owner: ownerName(),
        takesOrders: server.harbor !== undefined,
        atOnce: images.scans,
        perRegistry: scansPerRegistry(images.scansperregistry, server),
        sleepOrWake: attentiveSleep(wakeSignal, signal),
        scan: (job, onStep) =>
          scanImage(job, {
            store,
            extensions,
            analyzer,
            layerTurns,
            onStep,
            checkingLayers: server.limitsRepositories ? signal : undefined,
            ...(!vexKeys.isEmpty && {
              readVex: async ({ target }) => await readAttachedVex(target, vexDeps(job, images, deps)),
            }),
            openImage: async ({ reference, platform }) =>
              await openReference(`registry:${reference}`, {
                env: environmentOf(job, images),
                access: accessOf(job, deps),
                connectElsewhere: server.connectElsewhere,
                ...(platform !== null && { platform }),
              }),
          }),
        onError: (error) => {
          log.error({ error: messageOf(error) }, 'scans could not be read or recorded');
        },
        onRun: ({ id, reference }, error) => {
          if (error === undefined) log.info({ job: id, image: reference }, 'image scanned');
          else log.warn({ job: id, image: reference, error }, 'image could not be scanned');
        },
      },
      signal,
    );
  });
}

function vexDeps(job: ClaimedScan, images: Config['images'], deps: ServiceDeps): ReadAttachedVexDeps {
  const env = environmentOf(job, images);
  const { connectElsewhere } = deps.server;
  return {
    vexKeys: deps.vexKeys,
    parse: parseSuppressions,
    openRepository: (reference) =>
      openRepository(reference, { env, access: accessOf(job, deps), connectElsewhere }),
  };
}

/**
 * Returns the environment with the file of credentials of a scan. Throws `config-invalid` if its client chose some that the settings do not
 * have any more.
 */
function environmentOf({ credentials }: ClaimedScan, images: Config['images']): NodeJS.ProcessEnv {
  if (credentials === null) return registryEnvironment(images.authfile);
  const file = images.credentials[credentials]?.authfile;
  // The scan must not run with other credentials instead.
  if (file === undefined || file === '')
    throw new ClairError('config-invalid', `images.credentials.${credentials}.authfile is missing`);
  return withoutCredentials(registryEnvironment(file));
}

/** Returns how many scans of images of a registry run at a time. */
function scansPerRegistry(others: number, { registries }: ServerPlan): (registry: string) => number {
  const own = new Map(registries.map(({ registry, scans }) => [registry, scans]));
  return (registry) => own.get(registry) ?? others;
}

/** Returns the access that the client of a scan has given. Throws `registry-refused`. */
function accessOf({ access }: ClaimedScan, { server, now }: ServiceDeps): RegistryAccess | undefined {
  if (access === null) return undefined;
  // It claims no such scan then. The scan must not run with the credentials of the server instead.
  if (server.harbor === undefined) throw new Error('this server cannot open the access of a scan');
  return server.harbor.open(access, now());
}

/** Returns whether a list of registries of the settings names a registry. */
function namesRegistry(registries: readonly string[], registry: string): boolean {
  return registries.some((entry) => {
    const name = entry.toLowerCase();
    return name.startsWith('*.') ? registry.endsWith(name.slice(1)) : name === '*' || name === registry;
  });
}

/** Returns whether the settings let a server scan images of a registry: they list or watch it. */
export function isScanned(
  registry: string,
  listed: readonly string[],
  { registries: watched }: Pick<ServerPlan, 'registries'>,
): boolean {
  return namesRegistry(listed, registry) || watched.some((one) => one.registry === registry);
}
