import { readFileSync } from 'node:fs';
import { type ClientRequest, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { type AgentOptions, Agent as SecureAgent, request as secureRequest } from 'node:https';
import { ClairError, messageOf } from '../kit/errors.ts';

/** How a receiver is reached, with Clair's names for what Clair had; empty where it is not set. */
export interface PostOptions {
  readonly endpoint: string;
  /** Name that the certificate of the receiver is checked for. */
  readonly servername: string;
  readonly cafile: string;
  readonly certfile: string;
  readonly keyfile: string;
  readonly proxy: string;
}

/** A receiver that can be posted to. */
export interface Receiver {
  readonly endpoint: URL;
  /** Begins a post. */
  readonly open: (signal: AbortSignal) => ClientRequest;
}

/**
 * The receiver that the settings below `section` describe. Without a proxy of its own it heeds `HTTP_PROXY`, `HTTPS_PROXY` and
 * `NO_PROXY` of `env`. Redirects are not followed: who is told is for the configuration to say. Throws `config-invalid`, which names
 * settings and no URL.
 */
export function receiverOf(section: string, options: PostOptions, env: NodeJS.ProcessEnv): Receiver {
  const { servername, proxy } = options;
  const endpoint = urlOf(`${section}.endpoint`, options.endpoint);
  if (proxy !== '') urlOf(`${section}.proxy`, proxy);
  const agentOptions: AgentOptions = {
    proxyEnv: proxy === '' ? env : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy },
  };
  if (endpoint.protocol === 'http:') {
    const agent = new PlainAgent(agentOptions);
    return { endpoint, open: (signal) => plainRequest(endpoint, { method: 'POST', agent, signal }) };
  }
  const agent = new SecureAgent({
    ...agentOptions,
    ...certificates(section, options),
    ...(servername !== '' && { servername }),
  });
  return { endpoint, open: (signal) => secureRequest(endpoint, { method: 'POST', agent, signal }) };
}

/** Sends a body and waits for the status of the answer. Rejects with what the connection failed with. */
export async function statusOf(request: ClientRequest, body: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  request.on('response', (response) => {
    // What it says besides is of no interest.
    response.destroy();
    resolve(response.statusCode ?? 0);
  });
  request.on('error', reject);
  request.end(body);
  return await promise;
}

function certificates(
  section: string,
  { cafile, certfile, keyfile }: PostOptions,
): Pick<AgentOptions, 'ca' | 'cert' | 'key'> {
  if ((certfile === '') !== (keyfile === ''))
    throw new ClairError('config-invalid', `${section} needs both of certfile and keyfile, or neither`);
  return {
    ...(cafile !== '' && { ca: read(`${section}.cafile`, cafile) }),
    ...(certfile !== '' && {
      cert: read(`${section}.certfile`, certfile),
      key: read(`${section}.keyfile`, keyfile),
    }),
  };
}

function read(setting: string, path: string): Buffer {
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
