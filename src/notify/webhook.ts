import { createHmac } from 'node:crypto';
import { ClairError, messageOf } from '../core/errors.ts';
import { oneOf, secretString, string, type ValuesOf } from '../core/setting.ts';
import type { NotificationMessage, Transport } from '../plugin/transport.ts';
import { type PostRequest, postSettings, postTargetOf } from './http-post.ts';
import { type TransportContext, transportKind } from './transport-kind.ts';

const settings = {
  endpoint: secretString('URL that notifications are posted to; nobody is told where it is empty.'),
  servername: string(
    'Name that the certificate of the receiver is checked for; that of the endpoint when empty.',
  ),
  cafile: postSettings.cafile,
  keyfile: string('Key of the client certificate.'),
  certfile: string('Client certificate.'),
  proxy: postSettings.proxy,
  mode: oneOf(
    'What is posted: the name of the notification, as Clair does, or in full what it is about; `notifier.digest` needs `full`.',
    ['name', 'full'],
    'name',
  ),
  secret: secretString(
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
  open: (options, context) => (options.endpoint === '' ? undefined : toServer(options, context)),
});

function toServer(options: WebhookOptions, { env, isBatched }: TransportContext): Transport {
  const { mode, secret } = options;
  if (isBatched && mode !== 'full')
    throw new ClairError('config-invalid', 'notifier.digest needs notifier.http.mode to be full');
  const { endpoint, post } = postTargetOf('notifier.http', options, env);
  return {
    name: 'webhook',
    async deliver(notification, signal) {
      const body = JSON.stringify(await bodyOf(notification, mode));
      const headers = headersOf(body, secret);
      const status = await post({ headers, body }, signal).catch((error: unknown) => {
        const message = `${originOnly(endpoint)} was not reached: ${messageOf(error)}`;
        throw new ClairError('delivery-failed', message, { cause: error });
      });
      if (status !== 200 && status !== 201)
        throw new ClairError('delivery-failed', `${originOnly(endpoint)} answered ${status}`);
    },
  };
}

async function bodyOf(notification: NotificationMessage, mode: WebhookOptions['mode']): Promise<object> {
  const nameOnly = { Notification: { Name: notification.name } };
  if (mode === 'name' && notification.kind === 'change') return nameOnly;
  return { ...nameOnly, createdAt: notification.createdAt, ...(await notification.content()) };
}

function headersOf(body: string, secret: string): PostRequest['headers'] {
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
function originOnly({ origin }: URL): string {
  return origin;
}
