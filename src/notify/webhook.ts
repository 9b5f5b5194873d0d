import { createHmac } from 'node:crypto';
import { ClairError } from '../core/errors.ts';
import { oneOf, secretString, string, type ValuesOf } from '../core/setting.ts';
import type { NotificationMessage, Transport } from '../plugin/transport.ts';
import { type PostRequest, postSettings, postTargetOf } from './http-post.ts';
import { type TransportContext, transportKind } from './transport-kind.ts';

const settings = {
  endpoint: secretString('URL that notifications are posted to. If empty, nothing is posted.'),
  servername: string(
    "Host name that the receiver's certificate must be valid for; if empty, the host of the endpoint.",
  ),
  cafile: postSettings.cafile,
  keyfile: string('Path of the private key of the client certificate (PEM).'),
  certfile: string('Path of the client certificate (PEM).'),
  proxy: postSettings.proxy,
  mode: oneOf(
    'Content of a post: only the name of the notification, as in the original Clair, or its full content. `notifier.digest` needs `full`.',
    ['name', 'full'],
    'name',
  ),
  secret: secretString(
    'Key of the signature in `X-Clair-Signature`, an HMAC of the body with SHA-256; not sent if empty.',
  ),
} as const;

/** Settings of a webhook. */
export type WebhookOptions = ValuesOf<typeof settings>;

/** Posts notifications as JSON to an HTTP server. Names of settings are Clair's. */
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
  const target = postTargetOf('notifier.http', options, env);
  return {
    name: 'webhook',
    async deliver(notification, signal) {
      const body = JSON.stringify(await bodyOf(notification, mode));
      await target.deliver({ headers: headersOf(body, secret), body }, [200, 201], signal);
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
    // Receivers may identify Clair by it.
    ['User-Agent', 'Go-http-client/1.1'],
    ['Content-Length', String(Buffer.byteLength(body))],
    ['Content-Type', 'application/json'],
    ...(secret === '' ? [] : [['X-Clair-Signature', `sha256=${signature()}`] as const]),
    ['Accept-Encoding', 'gzip'],
  ];
}
