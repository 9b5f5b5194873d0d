import type { Config } from '../../config/settings.ts';
import { digestMail } from '../../notify/digest-mail.ts';
import { configuredMailServer } from '../../notify/email.ts';
import { dailyMailAtMs, type MailOptions } from '../../notify/mail-server.ts';
import { digestJob } from '../../service/fleet/send-digest.ts';
import type { RecurringJob } from '../../service/jobs/run-job.ts';
import { staleAfterMs } from '../command-context.ts';
import type { ServiceDeps } from './service-deps.ts';

/** Returns the job that sends the daily mail. Undefined if the settings have no time for it. */
export function digestMailJob(
  { notifier, api: { publicurl } }: Pick<Config, 'notifier' | 'api'>,
  { store, log }: Pick<ServiceDeps, 'store' | 'log'>,
): RecurringJob | undefined {
  // The configuration has parsed the values with the settings of this transport.
  const options = notifier['email'] as MailOptions;
  const dailyAtMs = dailyMailAtMs('notifier.email', options);
  const server = configuredMailServer(options);
  if (dailyAtMs === undefined || server === undefined) return undefined;
  return digestJob({
    store,
    staleAfterMs,
    dailyAtMs,
    async send(digest, signal) {
      const mail = digestMail(digest, publicurl === '' ? undefined : publicurl);
      // A mail that is sent again after a failure has the same id.
      const id = `digest-${digest.since.replace(/\W/g, '')}`;
      const refused = await server.send({ ...mail, id, to: server.recipients }, signal);
      log.info({ recipients: server.recipients.length - refused.length }, 'daily digest sent');
      if (refused.length > 0)
        log.warn({ refused: refused.length }, 'the mail server refused recipients of the daily digest');
    },
  });
}
