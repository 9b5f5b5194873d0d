import { readFileSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import type { AgentOptions } from 'node:https';
import { ClairError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { secretString, string } from '../core/setting.ts';

/** The settings that every receiver has besides its endpoint. */
export const postSettings = {
  cafile: string('Certificates that the certificate of the receiver must descend from.'),
  proxy: secretString('URL of a proxy to post through; that of the environment when empty.'),
} as const;

/** How a receiver is reached, with Clair's names for what Clair had; empty where it is not set. */
export interface PostOptions {
  readonly endpoint: string;
  readonly cafile: string;
  readonly proxy: string;
  /** Name that the certificate of the receiver is checked for. */
  readonly servername?: string;
  readonly certfile?: string;
  readonly keyfile?: string;
}

/** A receiver that can be posted to. */
export interface PostTarget {
  readonly endpoint: URL;
  /**
   * Posts a body and comes back with the status of the answer: what it says besides is of no interest. Rejects with what the connection
   * failed with.
   */
  readonly post: (message: PostRequest, signal: AbortSignal) => Promise<number>;
}

/** What is posted. */
export interface PostRequest {
  /** In the order in which they are sent. */
  readonly headers: readonly (readonly [name: string, value: string | number])[];
  readonly body: string;
}

/**
 * The receiver that the settings below `section` describe. Without a proxy of its own it heeds `HTTP_PROXY`, `HTTPS_PROXY` and
 * `NO_PROXY` of `env`. Redirects are not followed: who is told is for the configuration to say. Throws `config-invalid`, which names
 * settings and no URL.
 */
export function postTargetOf(section: string, options: PostOptions, env: NodeJS.ProcessEnv): PostTarget {
  const { proxy, servername = '' } = options;
  const endpoint = urlOf(`${section}.endpoint`, options.endpoint);
  if (proxy !== '') urlOf(`${section}.proxy`, proxy);
  const agentOptions: AgentOptions = {
    proxyEnv: proxy === '' ? env : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy },
    ...(endpoint.protocol === 'https:' && tlsOptions(section, options)),
    ...(servername !== '' && { servername }),
  };
  return {
    endpoint,
    async post(message, signal) {
      // Every command has the list of transports, and none but a server that tells somebody has use for what these load.
      const { Agent, request } =
        endpoint.protocol === 'http:' ? await import('node:http') : await import('node:https');
      const end = AbortSignal.any([signal, AbortSignal.timeout(limits.deliveryMs)]);
      // Each is a connection of its own, as Clair's are.
      const agent = new Agent(agentOptions);
      return await statusOf(request(endpoint, { method: 'POST', agent, signal: end }), message);
    },
  };
}

async function statusOf(request: ClientRequest, { headers, body }: PostRequest): Promise<number> {
  for (const [name, value] of headers) request.setHeader(name, value);
  // Clair sends none.
  request.removeHeader('Connection');
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  request.on('response', (response) => {
    response.destroy();
    resolve(response.statusCode ?? 0);
  });
  request.on('error', reject);
  request.end(body);
  return await promise;
}

function tlsOptions(
  section: string,
  { cafile, certfile = '', keyfile = '' }: PostOptions,
): Pick<AgentOptions, 'ca' | 'cert' | 'key'> {
  if ((certfile === '') !== (keyfile === ''))
    throw new ClairError('config-invalid', `${section} needs both of certfile and keyfile, or neither`);
  return {
    ...(cafile !== '' && { ca: readSettingFile(`${section}.cafile`, cafile) }),
    ...(certfile !== '' && {
      cert: readSettingFile(`${section}.certfile`, certfile),
      key: readSettingFile(`${section}.keyfile`, keyfile),
    }),
  };
}

function readSettingFile(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ClairError(
      'config-invalid',
      `${setting} names ${path}, which cannot be read: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

function urlOf(setting: string, text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new ClairError('config-invalid', `${setting} takes a URL with http or https`);
}
