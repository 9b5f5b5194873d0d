import { createHmac } from 'node:crypto';
import { ClairError, messageOf } from '../kit/errors.ts';
import { choice, secret, text, type ValuesOf } from '../kit/setting.ts';
import type { Notice, Transport } from '../plugin/transport.ts';
import { type Message, receiverOf, receiverSettings } from './post.ts';
import { type TransportPlace, transportKind } from './transport-kind.ts';

const settings = {
  endpoint: secret('URL that notifications are posted to; nobody is told where it is empty.'),
  servername: text(
    'Name that the certificate of the receiver is checked for; that of the endpoint when empty.',
  ),
  cafile: receiverSettings.cafile,
  keyfile: text('Key of the client certificate.'),
  certfile: text('Client certificate.'),
  proxy: receiverSettings.proxy,
  mode: choice(
    'What is posted: the name of the notification, as Clair does, or in full what it is about; `notifier.digest` needs `full`.',
    ['name', 'full'],
    'name',
  ),
  secret: secret(
    'Key of the signature in `X-Clair-Signature`, an HMAC of the body with SHA-256; none when empty.',
  ),
} as const;

/** Where and how to tell. */
export type WebhookOptions = ValuesOf<typeof settings>;

/** Posts notifications as JSON to an HTTP server. Its settings have Clair's names. */
export const webhook = transportKind({
  name: 'http',
  readBy: 'programs',
  settings,
  open: (options, place) => (options.endpoint === '' ? undefined : toServer(options, place)),
});

function toServer(options: WebhookOptions, { env, hasDigests }: TransportPlace): Transport {
  const { mode, secret } = options;
  if (hasDigests && mode !== 'full')
    throw new ClairError('config-invalid', 'notifier.digest needs notifier.http.mode to be full');
  const { endpoint, post } = receiverOf('notifier.http', options, env);
  return {
    name: 'webhook',
    async deliver(notice, signal) {
      const body = JSON.stringify(await bodyOf(notice, mode));
      const headers = headersOf(body, secret);
      const status = await post({ headers, body }, signal).catch((error: unknown) => {
        const message = `${shown(endpoint)} was not reached: ${messageOf(error)}`;
        throw new ClairError('delivery-failed', message, { cause: error });
      });
      if (status !== 200 && status !== 201)
        throw new ClairError('delivery-failed', `${shown(endpoint)} answered ${status}`);
    },
  };
}

async function bodyOf(notice: Notice, mode: WebhookOptions['mode']): Promise<object> {
  const notification = { Notification: { Name: notice.name } };
  if (mode === 'name' && notice.kind === 'change') return notification;
  return { ...notification, createdAt: notice.createdAt, ...(await notice.content()) };
}

function headersOf(body: string, secret: string): Message['headers'] {
  const signature = () => createHmac('sha256', secret).update(body).digest('hex');
  return [
    // Receivers may know Clair by it.
    ['User-Agent', 'Go-http-client/1.1'],
    ['Content-Length', Buffer.byteLength(body)],
    ['Content-Type', 'application/json'],
    ...(secret === '' ? [] : [['X-Clair-Signature', `sha256=${signature()}`] as const]),
    ['Accept-Encoding', 'gzip'],
  ];
}

/** A URL may hold secrets in its user, its path and its query. */
function shown({ origin }: URL): string {
  return origin;
}
