import { isIP } from 'node:net';
import type { default as SMTPConnection, SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { raceAbort } from '../kit/async/abort.ts';
import type { MailContent } from './mail-message.ts';

/** A mail server, and how to use it. */
export interface MailPlace {
  readonly host: string;
  readonly port: number;
  readonly tls: 'starttls' | 'implicit' | 'none';
  readonly login: { readonly user: string; readonly pass: string } | undefined;
  readonly from: string;
  /** Authorities to trust instead of those that Node trusts, in PEM. */
  readonly ca: Buffer | undefined;
}

/** A mail to send. */
export interface OutgoingMail extends MailContent {
  /** Identifies the mail: one that is sent again has the same. */
  readonly id: string;
  readonly to: readonly string[];
}

/**
 * Sends a mail. Returns the recipients that the server refused, fewer than all. Throws `delivery-failed` if the server took the mail for
 * none, or if that is uncertain. Messages have no text of the server, which may repeat what it got.
 */
export async function sendMail(
  place: MailPlace,
  mail: OutgoingMail,
  signal: AbortSignal,
): Promise<readonly string[]> {
  signal.throwIfAborted();
  // Loaded on demand: every command loads the list of transports.
  const { default: Connection } = await import('nodemailer/lib/smtp-connection');
  const connection = new Connection(connectionOptions(place));
  try {
    const content = await messageOf(place, mail);
    return await raceAbort(deliver(connection, { place, mail, content }), signal);
  } catch (error) {
    throw new ClairError('delivery-failed', `the mail server ${reasonOf(error)}`);
  } finally {
    connection.close();
  }
}

function connectionOptions({ host, port, tls, ca }: MailPlace): SMTPConnectionOptions {
  return {
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    connectionTimeout: limits.mailStepMs,
    greetingTimeout: limits.mailStepMs,
    socketTimeout: limits.mailStepMs,
    dnsTimeout: limits.mailStepMs,
    // Node takes no address as the name in a handshake, and then compares the certificate with the host.
    tls: {
      minVersion: 'TLSv1.2',
      ...(ca !== undefined && { ca }),
      ...(isIP(host) === 0 && { servername: host }),
    },
  };
}

interface Delivery {
  readonly place: MailPlace;
  readonly mail: OutgoingMail;
  readonly content: Buffer;
}

async function deliver(
  connection: SMTPConnection,
  { place: { login, from }, mail, content }: Delivery,
): Promise<readonly string[]> {
  const failed = Promise.withResolvers<never>();
  // Both may also come when no step waits.
  connection.on('error', failed.reject);
  connection.once('end', () => {
    // The error that ended it, such as status 421, comes in the same turn of the event loop.
    setImmediate(failed.reject, new Error('closed'));
  });
  failed.promise.catch(() => undefined);
  const step = async <T>(start: (done: (error?: Error | null, result?: T) => void) => void): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    start((error, result) => {
      if (error == null) resolve(result as T);
      else reject(error);
    });
    return await Promise.race([promise, failed.promise]);
  };
  await step((done) => {
    connection.connect(done);
  });
  if (login !== undefined)
    await step((done) => {
      connection.login({ ...login }, done);
    });
  const envelope = { from, to: [...mail.to], size: content.length };
  const { rejected } = await step<{ readonly rejected: readonly string[] }>((done) => {
    connection.send(envelope, content, done);
  });
  connection.quit();
  return rejected;
}

/** Returns a mail as it is sent: both parts, and headers of this program only. */
async function messageOf(
  { from }: MailPlace,
  { subject, text, html, id, to }: OutgoingMail,
): Promise<Buffer> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const composer = new MailComposer({
    from,
    to: [...to],
    subject,
    text,
    html,
    messageId: `<${id}@${from.replace(/^.*@/, '')}>`,
    // No program must answer: RFC 3834, section 5.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return await composer.compile().build();
}

/** Codes of nodemailer whose meaning is not that the server refused a command. */
const reasons: Readonly<Record<string, string>> = {
  EAUTH: 'refused the login',
  ETLS: 'has no usable encryption',
  EDNS: 'cannot be found',
  ETIMEDOUT: 'did not answer in time',
};

/** The codes in an error of nodemailer. */
interface MailFailure {
  readonly code?: unknown;
  /** The code of the system or of TLS. */
  readonly originalCode?: unknown;
  /** The status of the server. */
  readonly responseCode?: unknown;
}

/** Returns why a mail was not sent, without the text of the server. */
function reasonOf(error: unknown): string {
  const { code, originalCode, responseCode } = error as MailFailure;
  const isStatus = typeof responseCode === 'number' && responseCode > 0;
  const detail = isStatus
    ? ` (${responseCode})`
    : typeof originalCode === 'string'
      ? `: ${originalCode}`
      : '';
  const reason = reasons[String(code)];
  if (reason !== undefined) return reason + detail;
  if (isStatus) return `refused the mail${detail}`;
  if (error instanceof Error && error.name === 'AbortError') return 'did not answer: ABORT_ERR';
  return `cannot be reached${detail}`;
}
