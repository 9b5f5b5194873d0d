import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Transport } from '../plugin/transport.ts';
import { affectsImages } from './channel-message.ts';
import { notificationMail } from './mail-message.ts';
import {
  dailyMailAtMs,
  type MailOptions,
  type MailServer,
  mailServerOf,
  mailSettings,
} from './mail-server.ts';
import { transportKind } from './transport-kind.ts';

/** Sends each notification once, as a mail to some recipients. */
export const email = transportKind({
  name: 'email',
  readBy: 'people',
  settings: mailSettings,
  open(options) {
    const server = configuredMailServer(options);
    return server !== undefined && options.changes ? toRecipients(server) : undefined;
  },
});

/** Returns the mail server of the settings. Undefined without one. Throws `config-invalid`. */
export function configuredMailServer(options: MailOptions): MailServer | undefined {
  const isDaily = dailyMailAtMs('notifier.email', options) !== undefined;
  if (options.server !== '') return mailServerOf('notifier.email', options);
  if (isDaily) throw new ClairError('config-invalid', 'notifier.email.dailyat needs notifier.email.server');
  return undefined;
}

function toRecipients(server: MailServer): Transport {
  const missing = new MissingRecipients();
  return {
    name: 'email',
    wants: affectsImages,
    async deliver(notification, signal) {
      if (notification.previouslyDeliveredAt !== undefined) return;
      const { name } = notification;
      const to = missing.of(name) ?? server.recipients;
      const refused = await server.send({ ...(await notificationMail(notification)), id: name, to }, signal);
      missing.set(name, refused);
      if (refused.length > 0)
        throw new ClairError(
          'delivery-failed',
          `the mail server refused ${refused.length} of ${server.recipients.length} recipients`,
        );
    },
  };
}

/** The recipients that have not got a mail which others have. People would read a repetition twice. It is in memory only. */
class MissingRecipients {
  readonly #byName = new Map<string, readonly string[]>();

  of(name: string): readonly string[] | undefined {
    return this.#byName.get(name);
  }

  set(name: string, recipients: readonly string[]): void {
    this.#byName.delete(name);
    if (recipients.length === 0) return;
    this.#byName.set(name, recipients);
    const [oldest] = this.#byName.keys();
    if (this.#byName.size > limits.mailsPartlySent && oldest !== undefined) this.#byName.delete(oldest);
  }
}
