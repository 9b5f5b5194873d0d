import type { Config } from '../../config/settings.ts';
import { transportKinds } from '../../extensions.ts';
import { messageOf } from '../../kit/errors.ts';
import type { TransportKind } from '../../notify/transport-kind.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { Transport } from '../../plugin/transport.ts';
import { deliverNotifications } from '../../service/notices/deliver-notifications.ts';
import { ownerName } from '../owner-name.ts';
import { inBackground } from './in-background.ts';
import { pause, pauseOrBell } from './pause.ts';
import type { GenerationParts } from './server-parts.ts';
import { tracedTransport } from './tracing.ts';

/**
 * Tells of what changes until it is disposed of. Where neither the configuration nor a plugin has a transport nobody is told, and
 * notifications can be asked for. Throws `config-invalid`.
 */
export function startNotifier(
  { notifier }: Config,
  { plugged: { extensions }, store, log, metrics, tracer, bell, now, after }: GenerationParts,
): AsyncDisposable {
  const { attempts, renotifyinterval, severity, fixable, namespaces, digest } = notifier;
  const transports = transportsOf(notifier, extensions).map((one) => tracedTransport(one, tracer));
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

/** What people read comes last, as where the server ends in the midst of it those before are told again. Plugins may bring either. */
function transportsOf(notifier: Config['notifier'], { transports: plugged }: Extensions): Transport[] {
  const place = { env: process.env, hasDigests: notifier.digest > 0 };
  const readBy = (readers: TransportKind['readBy']): Transport[] =>
    transportKinds
      .filter((kind) => kind.readBy === readers)
      .flatMap((kind) => kind.open(notifier[kind.name], place) ?? []);
  return [...readBy('programs'), ...plugged, ...readBy('people')];
}
