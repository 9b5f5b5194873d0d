import type { Config } from '../../config/settings.ts';
import { messageOf } from '../../kit/errors.ts';
import { deliverNotifications } from '../../service/notices/deliver-notifications.ts';
import { ownerName } from '../owner-name.ts';
import { inBackground } from './in-background.ts';
import { pause, pauseOrBell } from './pause.ts';
import type { GenerationParts } from './server-parts.ts';
import { tracedTransport } from './tracing.ts';

/**
 * Tells of what changes until it is disposed of. Where neither the configuration nor a plugin has a transport nobody is told, and
 * notifications can be asked for.
 */
export function startNotifier(
  { notifier }: Config,
  { plugged: { extensions }, plan, store, log, metrics, tracer, bell, now, after }: GenerationParts,
): AsyncDisposable {
  const { attempts, renotifyinterval, severity, fixable, namespaces, digest } = notifier;
  const transports = plan.transports.map((one) => tracedTransport(one, tracer));
  return inBackground('notifier', log, async (signal) => {
    await after;
    if (transports.length === 0) return;
    await deliverNotifications(
      {
        extensions,
        store,
        transports,
        filter: {
          severity: severity === 'Unknown' ? undefined : severity,
          isFixable: fixable,
          namespaces,
        },
        attempts,
        digestMs: digest,
        renotifyMs: renotifyinterval,
        now,
        owner: ownerName(),
        pause: (ms, until) => pauseOrBell(ms, bell, until),
        rest: pause,
        onDelivered: (name, sinceCreatedMs) => {
          metrics.noteNotified(sinceCreatedMs);
          log.info({ notification: name }, 'notification told');
        },
        onFailure: (transport, error) => {
          metrics.noteNotificationFailure(transport);
          log.warn({ transport, error: messageOf(error) }, 'notification not told');
        },
      },
      signal,
    );
  });
}
