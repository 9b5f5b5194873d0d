import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ClientRequest, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { type AgentOptions, Agent as SecureAgent, request as secureRequest } from 'node:https';
import { ClairError, messageOf } from '../kit/errors.ts';
import { limits } from '../kit/limits.ts';
import type { Notice, Transport } from '../plugin/transport.ts';

/** Where and how to tell, with Clair's names for what Clair had; empty where it is not set. */
export interface WebhookOptions {
  readonly endpoint: string;
  /** Name that the certificate of the receiver is checked for. */
  readonly servername: string;
  readonly cafile: string;
  readonly certfile: string;
  readonly keyfile: string;
  readonly proxy: string;
  /** `name`: only the name of the notification, as Clair; `full`: what it is about. */
  readonly mode: 'name' | 'full';
  /** Key of the signature. */
  readonly secret: string;
}

/**
 * Posts notifications as JSON to an HTTP server. Without a proxy of its own it heeds `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`
 * of `env`. Redirects are not followed: who is told is for the configuration to say. Throws `config-invalid`.
 */
export function webhook(options: WebhookOptions, env: NodeJS.ProcessEnv): Transport {
  const { mode, secret } = options;
  const endpoint = urlOf('endpoint', options.endpoint);
  const send = senderOf(endpoint, options, env);
  return {
    name: 'webhook',
    async deliver(notice, signal) {
      const body = JSON.stringify(await bodyOf(notice, mode));
      const request = send(AbortSignal.any([signal, AbortSignal.timeout(limits.deliveryMs)]));
      for (const [name, value] of headersOf(body, secret)) request.setHeader(name, value);
      // Clair sends none: each is a connection of its own.
      request.removeHeader('Connection');
      const status = await statusOf(request, body, endpoint);
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

function senderOf(
  endpoint: URL,
  options: WebhookOptions,
  env: NodeJS.ProcessEnv,
): (signal: AbortSignal) => ClientRequest {
  const { servername, proxy } = options;
  if (proxy !== '') urlOf('proxy', proxy);
  const agentOptions: AgentOptions = {
    proxyEnv: proxy === '' ? env : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy },
  };
  if (endpoint.protocol === 'http:') {
    const agent = new PlainAgent(agentOptions);
    return (signal) => plainRequest(endpoint, { method: 'POST', agent, signal });
  }
  const agent = new SecureAgent({
    ...agentOptions,
    ...certificates(options),
    ...(servername !== '' && { servername }),
  });
  return (signal) => secureRequest(endpoint, { method: 'POST', agent, signal });
}

function certificates({
  cafile,
  certfile,
  keyfile,
}: WebhookOptions): Pick<AgentOptions, 'ca' | 'cert' | 'key'> {
  if ((certfile === '') !== (keyfile === ''))
    throw new ClairError('config-invalid', 'notifier.http needs both of certfile and keyfile, or neither');
  return {
    ...(cafile !== '' && { ca: read('cafile', cafile) }),
    ...(certfile !== '' && { cert: read('certfile', certfile), key: read('keyfile', keyfile) }),
  };
}

function read(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ClairError(
      'config-invalid',
      `notifier.http.${setting} names ${path}, which cannot be read: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function urlOf(setting: string, text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new ClairError('config-invalid', `notifier.http.${setting} takes a URL with http or https`);
}

async function statusOf(request: ClientRequest, body: string, endpoint: URL): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  request.on('response', (response) => {
    // What it says besides is of no interest.
    response.destroy();
    resolve(response.statusCode ?? 0);
  });
  request.on('error', (error) => {
    const message = `${shown(endpoint)} was not reached: ${messageOf(error)}`;
    reject(new ClairError('delivery-failed', message, { cause: error }));
  });
  request.end(body);
  return await promise;
}

/** A URL may hold secrets in its user and its query. */
function shown({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}
