import { readFileSync } from 'node:fs';
import { ClairError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { secretString, string } from '../core/setting.ts';
import type { ConnectionOptions } from '../kit/http/http-transport.ts';

/** Settings that every receiver has besides its endpoint. */
export const postSettings = {
  cafile: string("Path of the CA certificates that are trusted to sign the receiver's certificate (PEM)."),
  proxy: secretString('URL of the proxy for posts; if empty, the proxy variables of the environment apply.'),
} as const;

/** How to reach a receiver. Names are Clair's where Clair has the setting. An empty string means that a setting is not set. */
export interface PostOptions {
  readonly endpoint: string;
  readonly cafile: string;
  readonly proxy: string;
  /** Host name that the receiver's certificate must be valid for. */
  readonly servername?: string;
  readonly certfile?: string;
  readonly keyfile?: string;
}

/** A receiver of HTTP posts. */
export interface PostTarget {
  readonly endpoint: URL;
  /** Posts a body and resolves with the response status. Ignores the response body. Rejects with the error of the connection. */
  readonly post: (message: PostRequest, signal: AbortSignal) => Promise<number>;
  /**
   * Posts a body. Throws `delivery-failed` unless the response has one of the statuses. The message names the origin, because user, path and
   * query of a URL may hold secrets.
   */
  readonly deliver: (message: PostRequest, accepted: readonly number[], signal: AbortSignal) => Promise<void>;
}

/** Headers and body of a post. */
export interface PostRequest {
  /** In the order of sending. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/**
 * Returns the receiver that the settings below `section` describe. Without a proxy of its own it applies `HTTP_PROXY`, `HTTPS_PROXY` and
 * `NO_PROXY` of `env`. It does not follow redirects, because only the configuration may choose the receiver. Throws `config-invalid`, with
 * a message that names settings but no URL.
 */
export function postTargetOf(section: string, options: PostOptions, env: NodeJS.ProcessEnv): PostTarget {
  const { proxy, servername = '' } = options;
  const endpoint = urlOf(`${section}.endpoint`, options.endpoint);
  if (proxy !== '') urlOf(`${section}.proxy`, proxy);
  const connection: ConnectionOptions = {
    proxyEnv: proxy === '' ? env : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy },
    ...(endpoint.protocol === 'https:' && tlsOptions(section, options)),
    ...(servername !== '' && { servername }),
  };
  const target: PostTarget = {
    endpoint,
    async post({ headers, body }, signal) {
      // Loaded on demand: every command loads the list of transports, but only a server with a receiver posts.
      const { httpRequest } = await import('../kit/http/http-client.ts');
      const response = await httpRequest(endpoint, {
        // As Clair, without `Connection`.
        headers: { ...Object.fromEntries(headers), Connection: undefined },
        body,
        connect: () => connection,
        signal,
        idleMs: limits.deliveryMs,
      });
      response.close();
      return response.status;
    },
    async deliver(message, accepted, signal) {
      const status = await target.post(message, signal).catch((error: unknown) => {
        const text = `cannot reach ${endpoint.origin}: ${messageOf(error)}`;
        throw new ClairError('delivery-failed', text, { cause: error });
      });
      if (!accepted.includes(status))
        throw new ClairError('delivery-failed', `${endpoint.origin} answered ${status}`);
    },
  };
  return target;
}

function tlsOptions(
  section: string,
  { cafile, certfile = '', keyfile = '' }: PostOptions,
): Pick<ConnectionOptions, 'ca' | 'cert' | 'key'> {
  if ((certfile === '') !== (keyfile === ''))
    throw new ClairError('config-invalid', `${section} needs both certfile and keyfile, or neither`);
  return {
    ...(cafile !== '' && { ca: [readSettingFile(`${section}.cafile`, cafile)] }),
    ...(certfile !== '' && {
      cert: readSettingFile(`${section}.certfile`, certfile),
      key: readSettingFile(`${section}.keyfile`, keyfile),
    }),
  };
}

/** Reads a file that a setting names. Throws `config-invalid` with the name of the setting. */
export function readSettingFile(setting: string, path: string): Buffer {
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
  throw new ClairError('config-invalid', `${setting} must be an http or https URL`);
}
