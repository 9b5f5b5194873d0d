import type { Config } from '../../config/settings.ts';
import { messageOf } from '../../core/errors.ts';
import { attentiveSleep, sleep } from '../../kit/async/wake-signal.ts';
import { deliverNotifications } from '../../service/notifications/deliver-notifications.ts';
import type { NotificationFilter } from '../../service/notifications/notification-filter.ts';
import { ownerName } from '../environment.ts';
import { startBackgroundTask } from './background-task.ts';
import type { ServiceDeps } from './service-deps.ts';
import { tracedTransport } from './tracing.ts';

/**
 * Delivers notifications until it is disposed. Without a transport in the configuration or a plugin it delivers nothing; clients can still
 * query notifications.
 */
export function startNotifier(
  { notifier }: Config,
  {
    loaded: { extensions },
    plan,
    store,
    suppressions,
    log,
    metrics,
    tracer,
    wakeSignal,
    now,
    previousStopped,
  }: ServiceDeps,
): AsyncDisposable {
  const { attempts, renotifyinterval, digest } = notifier;
  const transports = plan.transports.map((one) => tracedTransport(one, tracer));
  return startBackgroundTask('notifier', log, async (signal) => {
    await previousStopped;
    if (transports.length === 0) return;
    await deliverNotifications(
      {
        extensions,
        store,
        suppressions,
        transports,
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
  });
}

/** Returns the filter of changes of a configuration. */
export function filterOf({ severity, fixable, namespaces }: Config['notifier']): NotificationFilter {
  return { severity: severity === 'Unknown' ? undefined : severity, isFixable: fixable, namespaces };
}
