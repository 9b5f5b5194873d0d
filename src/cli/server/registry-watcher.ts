import { messageOf } from '../../core/errors.ts';
import { sleepOrWake } from '../../kit/async/wake-signal.ts';
import { runJobs } from '../../service/jobs/run-jobs.ts';
import { watchJobs, watchLane } from '../../service/registries/keep-watched.ts';
import { LookQueue, type LookQueueDeps } from '../../service/registries/look-queue.ts';
import { ownerName } from '../environment.ts';
import { startBackgroundTask } from './background-task.ts';
import { registryEnvironment } from './scan-runner.ts';
import type { ServerPlan } from './server-plan.ts';
import type { ServiceDeps } from './service-deps.ts';

/** Walks of this process at a time. */
const walksAtOnce = 2;

/** Walks through the registries of the settings until it is disposed. */
export function startRegistryWatcher(deps: ServiceDeps): AsyncDisposable {
  const { store, log, wakeSignal, announceWork, now, previousStopped, server } = deps;
  return startBackgroundTask('registries', log, async (signal) => {
    await previousStopped;
    const jobs = watchJobs(server.registries, {
      ...{ store, now, onScans: announceWork },
      openListing: listingsOf(server),
      onError: ({ name: registry }, error) => {
        log.error({ registry, error: messageOf(error) }, 'walk of a registry was broken off');
      },
      onWalk: (walk, failure) => {
        if (failure === undefined) log.info(walk, 'registry walked');
        else log.warn(walk, 'registry could not be walked');
      },
    });
    const running = {
      ...{ store, now, random: Math.random, owner: ownerName() },
      sleepOrWake: (ms: number, until: AbortSignal) => sleepOrWake(ms, wakeSignal, until),
      onError: (error: unknown) => {
        log.error({ error: messageOf(error) }, 'walks of registries could not be read or recorded');
      },
    };
    await runJobs(jobs, { [watchLane]: walksAtOnce }, running, signal);
  });
}

/** Returns the queue of tags that notifications of the registries name. */
export function lookQueue({ store, log, announceWork, server }: ServiceDeps): LookQueue {
  return new LookQueue({
    ...{ store, openListing: listingsOf(server), onScans: announceWork },
    onError: ({ name: registry }, name, error) => {
      log.warn({ registry, ...name, error: messageOf(error) }, 'notified tag could not be looked at');
    },
  });
}

/** Returns how the content of a registry of the settings is listed. */
function listingsOf({ registries, authFile }: ServerPlan): LookQueueDeps['openListing'] {
  const byName = new Map(registries.map((registry) => [registry.name, registry]));
  return ({ name }) => {
    const registry = byName.get(name);
    if (registry === undefined) throw new Error('only registries of the settings are listed');
    return registry.open({ env: registryEnvironment(authFile) });
  };
}
