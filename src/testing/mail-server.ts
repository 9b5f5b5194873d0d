import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { SMTPServer } from 'smtp-server';
import type { MailOptions } from '../notify/mail-server.ts';
import { testAuthority } from './certificates.ts';

/** How a mail server behaves. */
export interface MailServerBehaviour {
  readonly tls?: MailOptions['tls'];
  /** Name in the certificate. */
  readonly certificateName?: string;
  /** The login that it requires. */
  readonly login?: { readonly user: string; readonly password: string };
  /** Returns the status with which it refuses a recipient; 0 accepts it. */
  readonly refuseRecipient?: (address: string) => number;
  /** The status with which it refuses a whole mail. */
  readonly refuseMail?: number;
  /** Called with each mail, before it is accepted. A promise delays the answer. */
  readonly onMail?: () => Promise<void> | undefined;
}

/** A mail as a server received it. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** The headers of the mail by lower-case name, unfolded. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  readonly html: string;
  readonly raw: string;
}

/** The text of every refusal, which must not appear in an error. */
export const refusalText = 'planted-refusal';

/** Starts an SMTP server on the loopback interface until the end of the test; returns settings for it and the mails that it accepted. */
export async function startMailServer(context: TestContext, behaviour: MailServerBehaviour = {}) {
  const { tls = 'starttls', certificateName = 'localhost', login } = behaviour;
  const authority = testAuthority(context);
  const { cert, key } = authority.issue(certificateName);
  const received: ReceivedMail[] = [];
  const server = new SMTPServer({
    cert: readFileSync(cert),
    key: readFileSync(key),
    secure: tls === 'implicit',
    disabledCommands: tls === 'none' ? ['STARTTLS'] : [],
    authOptional: login === undefined,
    disableReverseLookup: true,
    closeTimeout: 0,
    onAuth({ username, password }, _, done) {
      const isRight = username === login?.user && password === login?.password;
      done(isRight ? null : refusal(535), isRight ? { user: username } : undefined);
    },
    onRcptTo({ address }, _, done) {
      const status = behaviour.refuseRecipient?.(address) ?? 0;
      done(status === 0 ? null : refusal(status));
    },
    onData(stream, { envelope }, done) {
      void stream.toArray().then(async (pieces) => {
        await behaviour.onMail?.();
        const { refuseMail } = behaviour;
        if (refuseMail !== undefined) {
          done(refusal(refuseMail));
          return;
        }
        const raw = Buffer.concat(pieces as Buffer[]).toString('latin1');
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        received.push({ from, to: envelope.rcptTo.map(({ address }) => address), ...parseMail(raw), raw });
        done();
      });
    },
  });
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  await new Promise((resolve) => listening.once('listening', resolve));
  context.after(() => {
    server.close();
  });
  const { port } = listening.address() as AddressInfo;
  const options: MailOptions = {
    server: `127.0.0.1:${port}`,
    tls,
    user: login?.user ?? '',
    password: login?.password ?? '',
    from: 'clair@acme.example',
    to: ['team@acme.example'],
    cafile: authority.cert,
    changes: true,
    dailyat: '',
  };
  return { options, received };
}

function refusal(status: number): Error {
  return Object.assign(new Error(refusalText), { responseCode: status });
}

/** Parses a mail of one level of parts. RFC 5322, RFC 2045, RFC 2046. */
function parseMail(raw: string): Pick<ReceivedMail, 'headers' | 'text' | 'html'> {
  const [headers, body] = headersAndBody(raw);
  const [, boundary = ''] = /boundary="([^"]+)"/.exec(headers.get('content-type') ?? '') ?? [];
  const parts = body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => headersAndBody(part.replace(/^\r\n/, '')));
  const partOf = (type: string): string => {
    const [of, content] = parts.find(([own]) => own.get('content-type')?.startsWith(type)) ?? [new Map(), ''];
    return decoded(content, String(of.get('content-transfer-encoding')));
  };
  return { headers, text: partOf('text/plain'), html: partOf('text/html') };
}

function headersAndBody(raw: string): [Map<string, string>, string] {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw
    .slice(0, end)
    .replaceAll(/\r\n[ \t]/g, ' ')
    .split('\r\n');
  const headers = lines.map((line) => {
    const at = line.indexOf(':');
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const;
  });
  return [new Map(headers), raw.slice(end + 4)];
}

function decoded(content: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(content, 'base64').toString();
  if (encoding !== 'quoted-printable') return Buffer.from(content, 'latin1').toString();
  const bytes = content
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([\dA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
