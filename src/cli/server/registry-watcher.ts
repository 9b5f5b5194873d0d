import { messageOf } from '../../core/errors.ts';
import { attentiveSleep } from '../../kit/async/wake-signal.ts';
import { runJobs } from '../../service/jobs/run-jobs.ts';
import { watchJobs, watchLane } from '../../service/registries/keep-watched.ts';
import { type LookAtNamesDeps, lookAtNames } from '../../service/registries/look-at-names.ts';
import { ownerName } from '../environment.ts';
import { startBackgroundTask } from './background-task.ts';
import { registryEnvironment } from './scan-runner.ts';
import type { ServerPlan } from './server-plan.ts';
import type { ServiceDeps } from './service-deps.ts';

/** Walks of this process at a time. */
const walksAtOnce = 2;

/** Walks through the registries of the settings, and looks at the tags that they announce, until it is disposed. */
export function startRegistryWatcher(deps: ServiceDeps): AsyncDisposable {
  return startBackgroundTask('registries', deps.log, async (signal) => {
    await deps.previousStopped;
    if (deps.server.registries.length === 0) return;
    await Promise.all([walk(deps, signal), lookAtNames(lookDeps(deps, signal), signal)]);
  });
}

async function walk(
  { store, log, wakeSignal, announceWork, now, server }: ServiceDeps,
  signal: AbortSignal,
): Promise<void> {
  const jobs = watchJobs(server.registries, {
    store,
    now,
    onScans: announceWork,
    openListing: listingsOf(server),
    onError: ({ name: registry }, error) => {
      log.error({ registry, error: messageOf(error) }, 'walk of a registry was broken off');
    },
    onWalk: (done, failure) => {
      if (failure === undefined) log.info(done, 'registry walked');
      else log.warn(done, 'registry could not be walked');
    },
  });
  const running = {
    store,
    now,
    random: Math.random,
    owner: ownerName(),
    sleepOrWake: attentiveSleep(wakeSignal, signal),
    onError: (error: unknown) => {
      log.error({ error: messageOf(error) }, 'walks of registries could not be read or recorded');
    },
  };
  await runJobs(jobs, { [watchLane]: walksAtOnce }, running, signal);
}

function lookDeps(
  { store, log, wakeSignal, announceWork, now, server }: ServiceDeps,
  signal: AbortSignal,
): LookAtNamesDeps {
  return {
    store,
    now,
    registries: server.registries,
    openListing: listingsOf(server),
    onScans: announceWork,
    sleepOrWake: attentiveSleep(wakeSignal, signal),
    onFailed: (name, error) => {
      log.warn({ ...name, error: messageOf(error) }, 'notified tag could not be looked at');
    },
    onError: (error) => {
      log.error({ error: messageOf(error) }, 'notified tags could not be read or recorded');
    },
  };
}

/** Returns how the content of a registry of the settings is listed. */
function listingsOf({ registries, authFile, connectElsewhere }: ServerPlan): LookAtNamesDeps['openListing'] {
  const byName = new Map(registries.map((registry) => [registry.name, registry]));
  return ({ name }) => {
    const registry = byName.get(name);
    if (registry === undefined) throw new Error('only registries of the settings are listed');
    return registry.open({ env: registryEnvironment(authFile), connectElsewhere });
  };
}
