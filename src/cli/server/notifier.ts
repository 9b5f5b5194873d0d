import type { Logger } from 'pino';
import type { Metrics } from '../../api/metrics.ts';
import type { Config } from '../../config/settings.ts';
import { ClairError, messageOf } from '../../kit/errors.ts';
import type { Tracer } from '../../kit/trace/tracer.ts';
import { teams } from '../../notify/teams.ts';
import { webhook } from '../../notify/webhook.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { Bell } from '../../service/bell.ts';
import { deliverNotifications } from '../../service/deliver-notifications.ts';
import type { Store } from '../../store/store.ts';
import { inBackground } from './in-background.ts';
import { pause, pauseOrBell } from './pause.ts';
import { tracedTransport } from './tracing.ts';
import { ownerName } from './updater.ts';

/** What the notifier of a server works with. */
export interface NotifierParts {
  readonly extensions: Extensions;
  /** What has to end before. */
  readonly after?: Promise<undefined> | undefined;
  readonly store: Store;
  readonly log: Logger;
  readonly counted: Metrics;
  readonly tracer: Tracer;
  /** Rings when something may have changed. */
  readonly bell: Bell;
}

/** Tells of what changes until it is disposed of. Without an endpoint or a transport of a plugin nobody is told, and notifications can be asked for. Throws `config-invalid`. */
export function startNotifier(
  config: Config,
  { extensions, store, log, counted, tracer, bell, after }: NotifierParts,
): AsyncDisposable {
  const { attempts, renotifyinterval, severity, fixable, namespaces, http, teams: channel } = config.notifier;
  if (http.endpoint !== '' && http.digest > 0 && http.mode !== 'full')
    throw new ClairError('config-invalid', 'notifier.http.digest needs notifier.http.mode to be full');
  const webhooks = http.endpoint === '' ? [] : [webhook(http, process.env)];
  const channels = channel.endpoint === '' ? [] : [teams(channel, process.env)];
  // What people read comes last: where one fails, those before it are told again.
  const transports = [...webhooks, ...extensions.transports, ...channels].map((one) =>
    tracedTransport(one, tracer),
  );
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
        digestMs: http.digest,
        renotifyMs: renotifyinterval,
        now: () => new Date(),
        owner: ownerName(),
        pause: (ms, until) => pauseOrBell(ms, bell, until),
        rest: pause,
        onDelivered: (name, sinceCreatedMs) => {
          counted.noteNotified(sinceCreatedMs);
          log.info({ notification: name }, 'notification told');
        },
        onFailure: (transport, error) => {
          counted.noteNotificationFailure(transport);
          log.warn({ transport, error: messageOf(error) }, 'notification not told');
        },
      },
      signal,
    );
  });
}
