import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest } from '../model/digest.ts';
import { digestHex } from '../model/digest.ts';

/** A key pair of openssl, as files in a directory of the test. */
export interface SigningKey {
  readonly privateFile: string;
  readonly publicFile: string;
}

const keyOptions = {
  ecdsa: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  ed25519: ['-algorithm', 'ED25519'],
} as const;

/** Makes a key pair with openssl. */
export function signingKey(directory: string, type: keyof typeof keyOptions): SigningKey {
  const [privateFile, publicFile] = [join(directory, `${type}.key`), join(directory, `${type}.pub`)];
  openssl('genpkey', ...keyOptions[type], '-out', privateFile);
  openssl('pkey', '-in', privateFile, '-pubout', '-out', publicFile);
  return { privateFile, publicFile };
}

/** Returns an in-toto statement about an image. */
export function statementOn(digest: Digest, predicateType: string, predicate: object): object {
  const subject = [{ name: 'app', digest: { sha256: digestHex(digest) } }];
  return { _type: 'https://in-toto.io/Statement/v0.1', predicateType, subject, predicate };
}

/** Returns a statement in an envelope of DSSE that openssl has signed. */
export function signedEnvelope(statement: object, { privateFile }: SigningKey): object {
  const payloadType = 'application/vnd.in-toto+json';
  const body = JSON.stringify(statement);
  const signed = `DSSEv1 ${payloadType.length} ${payloadType} ${Buffer.byteLength(body)} ${body}`;
  const directory = mkdtempSync(join(tmpdir(), 'envelope-'));
  try {
    const [input, output] = [join(directory, 'signed'), join(directory, 'signature')];
    writeFileSync(input, signed);
    const isEd25519 = privateFile.endsWith('ed25519.key');
    if (isEd25519) openssl('pkeyutl', '-sign', '-rawin', '-inkey', privateFile, '-in', input, '-out', output);
    else openssl('dgst', '-sha256', '-sign', privateFile, '-out', output, input);
    const sig = readFileSync(output).toString('base64');
    return {
      payloadType,
      payload: Buffer.from(body).toString('base64'),
      signatures: [{ keyid: '', sig }],
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function openssl(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args.join(' ')} failed: ${stderr}`);
}
