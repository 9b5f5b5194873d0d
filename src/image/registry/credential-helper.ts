import { spawn } from 'node:child_process';
import * as z from 'zod/mini';
import { limits } from '../../core/limits.ts';
import type { Credentials } from './credential-file.ts';

const helperResponse = z.object({ Username: z.string(), Secret: z.string() });

/**
 * Runs `docker-credential-NAME get` for a server. Returns the credentials, or the reason for their absence, without the helper's output.
 * docker-credential-helpers, "Development".
 */
export async function queryCredentialHelper(
  name: string,
  server: string,
  env: NodeJS.ProcessEnv,
): Promise<Credentials | string> {
  const program = `docker-credential-${name}`;
  if (!/^[\w.-]+$/.test(name)) return 'a helper with an invalid name';
  const printed = await run(program, server, env);
  if (typeof printed === 'string') return `${program} ${printed}`;
  const { Username, Secret } = parse(printed) ?? { Username: '', Secret: '' };
  if (Secret === '') return `${program} returned no credentials`;
  if (Username === '<token>') return { kind: 'identity-token', token: Secret };
  return { kind: 'password', username: Username, password: Secret };
}

function parse(printed: Buffer): z.infer<typeof helperResponse> | undefined {
  try {
    return z.parse(helperResponse, JSON.parse(printed.toString('utf8')));
  } catch {
    return undefined;
  }
}

/** Runs a program with one line of input. Returns its output, or the reason for its failure. */
async function run(program: string, input: string, env: NodeJS.ProcessEnv): Promise<Buffer | string> {
  const { promise, resolve } = Promise.withResolvers<Buffer | string>();
  const child = spawn(program, ['get'], {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: limits.credentialHelperMs,
    killSignal: 'SIGKILL',
  });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', kill);
  const pieces: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > limits.credentialBytes) kill();
    else pieces.push(piece);
  });
  // The helper may exit without reading its input.
  child.stdin.on('error', () => undefined).end(`${input}\n`);
  child.on('error', (error) => {
    resolve('code' in error && error.code === 'ENOENT' ? 'is not installed' : 'cannot be executed');
  });
  child.on('close', (status) => {
    if (status === 0) resolve(Buffer.concat(pieces));
    else
      resolve(
        status === null ? 'was killed: it took too long or printed too much' : `exited with status ${status}`,
      );
  });
  try {
    return await promise;
  } finally {
    process.off('exit', kill);
  }
}
