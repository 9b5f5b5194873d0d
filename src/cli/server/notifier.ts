import type { Config } from '../../config/settings.ts';
import { messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { attentiveSleep, sleep } from '../../kit/async/wake-signal.ts';
import { runJobs } from '../../service/jobs/run-jobs.ts';
import { deliverNotifications } from '../../service/notifications/deliver-notifications.ts';
import type { NotificationFilter } from '../../service/notifications/notification-filter.ts';
import type { TransportStart } from '../../store/notification-store.ts';
import { ownerName } from '../environment.ts';
import { startBackgroundTask } from './background-task.ts';
import { digestMailJob } from './digest-mails.ts';
import type { ServiceDeps } from './service-deps.ts';
import { tracedTransport } from './tracing.ts';

/**
 * Delivers notifications, and sends the daily digest, until it is disposed. Without a transport in the configuration or a plugin it delivers
 * nothing; clients can still query notifications. A server without the role only records the transports, because they get what changes from
 * now on, also if the server that delivers starts later.
 */
export function startNotifier(config: Config, deps: ServiceDeps): AsyncDisposable {
  return startBackgroundTask('notifier', deps.log, async (signal) => {
    await deps.previousStopped;
    if (deps.server.roles.has('notify')) {
      await Promise.all([deliver(config, deps, signal), sendDigests(config, deps, signal)]);
      return;
    }
    const names = deps.plan.transports.map(({ name }) => name);
    if (names.length > 0) await beginTransports(names, deps);
  });
}

async function beginTransports(
  names: readonly string[],
  { store, log }: Pick<ServiceDeps, 'store' | 'log'>,
): Promise<readonly TransportStart[]> {
  const starts = await store.notifications.beginTransports(names);
  for (const { transport, skipped = 0 } of starts)
    if (skipped > 0)
      log.info({ transport, skipped }, 'new transport gets notifications of later changes only');
  return starts;
}

async function sendDigests(
  config: Config,
  { store, log, now, wakeSignal, ...deps }: ServiceDeps,
  signal: AbortSignal,
): Promise<void> {
  const job = digestMailJob(config, { store, log });
  if (job === undefined) return;
  await runJobs(
    [job],
    { [job.lane]: 1 },
    {
      store,
      now,
      random: Math.random,
      owner: ownerName(),
      sleepOrWake: attentiveSleep(wakeSignal, signal),
      onError(error) {
        log.error({ error: messageOf(error) }, 'jobs could not be read or recorded');
      },
      onFailed({ name }, error) {
        log.error({ job: name, attempts: limits.jobAttempts, error }, 'job keeps failing');
      },
    },
    signal,
  );
  // Another server can run the job that was handed back.
  deps.announceWork();
}

async function deliver(
  { notifier }: Config,
  { loaded: { extensions }, plan, store, suppressions, log, metrics, tracer, wakeSignal, now }: ServiceDeps,
  signal: AbortSignal,
): Promise<void> {
  const { attempts, renotifyinterval, digest } = notifier;
  const transports = plan.transports.map((one) => tracedTransport(one, tracer));
  if (transports.length === 0) return;
  await deliverNotifications(
    {
      extensions,
      store,
      suppressions,
      transports,
      begin: (names) => beginTransports(names, { store, log }),
      filter: filterOf(notifier),
      attempts,
      batchWindowMs: digest,
      renotifyMs: renotifyinterval,
      now,
      owner: ownerName(),
      sleepOrWake: attentiveSleep(wakeSignal, signal),
      sleep: sleep,
      onDelivered: (name, sinceCreatedMs) => {
        metrics.recordDelivery(sinceCreatedMs);
        log.info({ notification: name }, 'notification delivered');
      },
      onFailure: (transport, error) => {
        metrics.recordDeliveryFailure(transport);
        log.warn({ transport, error: messageOf(error) }, 'notification delivery failed');
      },
    },
    signal,
  );
}

/** Returns the filter of changes of a configuration. */
export function filterOf({ severity, fixable, namespaces }: Config['notifier']): NotificationFilter {
  return { severity: severity === 'Unknown' ? undefined : severity, isFixable: fixable, namespaces };
}
