import { createHmac } from 'node:crypto';
import { ClairError, messageOf } from '../kit/errors.ts';
import { limits } from '../kit/limits.ts';
import type { Notice, Transport } from '../plugin/transport.ts';
import { type PostOptions, receiverOf, statusOf } from './post.ts';

/** Where and how to tell; empty where it is not set. */
export interface WebhookOptions extends PostOptions {
  /** `name`: only the name of the notification, as Clair; `full`: what it is about. */
  readonly mode: 'name' | 'full';
  /** Key of the signature. */
  readonly secret: string;
}

/** Posts notifications as JSON to an HTTP server. Throws `config-invalid`. */
export function webhook(options: WebhookOptions, env: NodeJS.ProcessEnv): Transport {
  const { mode, secret } = options;
  const { endpoint, open } = receiverOf('notifier.http', options, env);
  return {
    name: 'webhook',
    async deliver(notice, signal) {
      const body = JSON.stringify(await bodyOf(notice, mode));
      const request = open(AbortSignal.any([signal, AbortSignal.timeout(limits.deliveryMs)]));
      for (const [name, value] of headersOf(body, secret)) request.setHeader(name, value);
      // Clair sends none: each is a connection of its own.
      request.removeHeader('Connection');
      const status = await statusOf(request, body).catch((error: unknown) => {
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

function headersOf(body: string, secret: string): (readonly [string, string | number])[] {
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

/** A URL may hold secrets in its user and its query. */
function shown({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}
