import { ClairError } from '../core/errors.ts';
import { boolean, oneOf, secretString, string, stringList, type ValuesOf } from '../core/setting.ts';
import { readSettingFile } from './http-post.ts';
import { type MailPlace, type OutgoingMail, sendMail } from './send-mail.ts';

/** Settings of the mail server and of its mails. */
export const mailSettings = {
  server: string('Host and port of an SMTP server, such as `smtp.example:587`. If empty, no mail is sent.'),
  tls: oneOf(
    'How the connection is encrypted: `starttls`, from the command STARTTLS on; `implicit`, from the start, usually on port 465; `none`, not at all.',
    ['starttls', 'implicit', 'none'],
    'starttls',
  ),
  user: string('Name to log in with; if empty, without login.'),
  password: secretString('Password to log in with.'),
  from: string('Address of the sender: `clair@example.org`.'),
  to: stringList('Addresses of the recipients.'),
  changes: boolean('Send a mail for each notification. Set it to false for the daily mail alone.', true),
  dailyat: string(
    'Time of a daily mail on what has changed, in UTC: `07:00`. If empty, no daily mail is sent.',
  ),
  cafile: string("Path of the CA certificates that are trusted to sign the server's certificate (PEM)."),
} as const;

/** Values of the settings of a mail server. */
export type MailOptions = ValuesOf<typeof mailSettings>;

/** A server that takes mails. */
export interface MailServer {
  readonly recipients: readonly string[];
  /**
   * Sends a mail. Returns the recipients that the server refused, fewer than all. Throws `delivery-failed` if it took the mail for none, or
   * if that is uncertain. Messages have no text of the server, which may repeat what it got.
   */
  send(mail: OutgoingMail, signal: AbortSignal): Promise<readonly string[]>;
}

/** Returns the server of the settings below `section`. Throws `config-invalid`, with the name of the setting and without its value. */
export function mailServerOf(section: string, options: MailOptions): MailServer {
  const { tls, from, to, user, password, cafile } = options;
  const problem = addressProblem(options) ?? loginProblem(options);
  if (problem !== undefined) throw new ClairError('config-invalid', `${section}.${problem}`);
  const place: MailPlace = {
    ...endpointOf(section, options.server),
    tls,
    from,
    login: user === '' ? undefined : { user, pass: password },
    ca: cafile === '' ? undefined : readSettingFile(`${section}.cafile`, cafile),
  };
  return { recipients: to, send: (mail, signal) => sendMail(place, mail, signal) };
}

/** Returns the time of the daily mail, in milliseconds from midnight in UTC. Undefined without one. Throws `config-invalid`. */
export function dailyMailAtMs(
  section: string,
  { dailyat }: Pick<MailOptions, 'dailyat'>,
): number | undefined {
  if (dailyat === '') return undefined;
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(dailyat) ?? [];
  if (hours === undefined || minutes === undefined)
    throw new ClairError('config-invalid', `${section}.dailyat takes a time such as 07:00`);
  return (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function endpointOf(section: string, server: string): Pick<MailPlace, 'host' | 'port'> {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(server) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new ClairError('config-invalid', `${section}.server must be like smtp.example:587`);
}

function addressProblem({ from, to }: MailOptions): string | undefined {
  const form = 'takes addresses such as clair@example.org';
  if (!isAddress(from)) return `from ${form}`;
  if (to.length === 0) return 'to must have an address';
  return to.every(isAddress) ? undefined : `to ${form}`;
}

function loginProblem({ user, password, tls }: MailOptions): string | undefined {
  if ((user === '') !== (password === '')) return 'user and password must be set together';
  return tls === 'none' && user !== '' ? 'password would be sent without encryption: set tls' : undefined;
}

/** Whether a text is one plain address. Neither names nor comments nor quoted parts: none of them is needed here. RFC 5321, section 4.1.2. */
function isAddress(text: string): boolean {
  return /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,255}$/.test(text);
}
