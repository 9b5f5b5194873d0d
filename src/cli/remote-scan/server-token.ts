import { ClairError } from '../../core/errors.ts';
import type { ConsoleOptions } from '../progress.ts';
import { readInputFile } from '../read-file.ts';
import { warn } from '../warn.ts';

/** Options of commands that ask a server. */
export interface RemoteServerOptions {
  /** The URL of the server. */
  readonly server: URL;
  /** A file with the token. */
  readonly tokenFile?: string;
}

/** Returns the token of `--token-file`, else of `CLAIR_SERVER_TOKEN`. Warns if it is sent without encryption to another machine. */
export async function serverToken(
  options: RemoteServerOptions & ConsoleOptions,
): Promise<string | undefined> {
  const { server, tokenFile } = options;
  const token = (
    tokenFile === undefined
      ? (process.env['CLAIR_SERVER_TOKEN'] ?? '')
      : (await readInputFile(tokenFile, { limit: 'credentialBytes', code: 'config-invalid' })).toString()
  ).trim();
  if (token === '' && tokenFile !== undefined)
    throw new ClairError('config-invalid', `${tokenFile} has no token`);
  if (/[^\x21-\x7e]/.test(token))
    throw new ClairError('config-invalid', 'the token for the server has characters that no token has');
  if (token !== '' && server.protocol === 'http:' && !isThisMachine(server))
    warn(`the token is sent to ${server.host} without TLS: use https://`, options);
  return token === '' ? undefined : token;
}

function isThisMachine({ hostname }: URL): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
