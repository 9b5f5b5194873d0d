import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { withFileErrors } from '../../core/system-error.ts';
import { parseBySchema, parseJson } from '../../kit/json/json-document.ts';
import { makeDirectory } from '../../kit/make-directory.ts';
import { writeFileAtomically } from '../../kit/write-file-atomically.ts';
import { keyIdOf, publicKeyEntry } from './public-keys.ts';
import { documentName, type RootContent, rootDocument } from './trust-documents.ts';

/** A version of the root, as a file has it. */
export interface RootVersion {
  readonly version: number;
  readonly bytes: Buffer;
  readonly content: RootContent;
}

/** A root that still lacks signatures. */
export const pendingRootName = 'root.pending.json';

/**
 * A publisher's directory of keys: every version of the root, and private keys as `*.pem`. A private key may also be elsewhere: then a
 * command signs.
 */
export class KeyDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Returns all versions of the root, the first one first. Empty if there are no keys yet. Throws `config-invalid`. */
  roots(): RootVersion[] {
    const found: RootVersion[] = [];
    for (let version = this.#firstRoot(); ; version++) {
      const path = join(this.path, documentName('root', version));
      if (!existsSync(path)) return found;
      found.push(this.#readRoot(path));
    }
  }

  /** Returns the current root. Throws `usage` if the directory has no root. */
  currentRoot(): RootVersion {
    const root = this.roots().at(-1);
    if (root !== undefined) return root;
    throw new ClairError(
      'usage',
      `${this.path} has no keys: clair db build DIR --keys ${this.path} makes them`,
    );
  }

  /** Returns the root that still lacks signatures; undefined if no root lacks any. */
  pendingRoot(): RootVersion | undefined {
    const path = join(this.path, pendingRootName);
    return existsSync(path) ? this.#readRoot(path) : undefined;
  }

  async writeDocument(name: string, document: Buffer): Promise<void> {
    await writeFileAtomically(join(this.path, name), [document]);
  }

  removePendingRoot(): void {
    rmSync(join(this.path, pendingRootName), { force: true });
  }

  /** Makes a key that only the owner of the file can read. Returns its public half. */
  createKey(name: string): KeyObject {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const entry = publicKeyEntry(publicKey);
    const path = join(this.path, `${name}-${keyIdOf(entry).slice(0, 8)}.pem`);
    withFileErrors(
      path,
      () => {
        makeDirectory(this.path, 0o700);
        const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
        writeFileSync(path, pem, { mode: 0o600, flag: 'wx', flush: true });
      },
      'output-failed',
    );
    return publicKey;
  }

  /** Returns the private keys in the directory by their key ids. Throws `config-invalid` for a file that is not a private key. */
  privateKeys(): ReadonlyMap<string, KeyObject> {
    const names = withFileErrors(this.path, () => readdirSync(this.path), 'config-invalid');
    const files = names.filter((name) => name.endsWith('.pem'));
    if (files.length > limits.signingKeys)
      throw new ClairError('config-invalid', `${this.path} has more than ${limits.signingKeys} key files`);
    return new Map(files.map((name) => this.#readKey(join(this.path, name))));
  }

  #readKey(path: string): [string, KeyObject] {
    const bytes = readSmallFile(path, limits.signingKeyBytes);
    try {
      const key = createPrivateKey(bytes);
      return [keyIdOf(publicKeyEntry(key)), key];
    } catch (error) {
      throw new ClairError(
        'config-invalid',
        `${path} has no private key that can sign: ${messageOf(error)}`,
        {
          cause: error,
        },
      );
    }
  }

  #firstRoot(): number {
    const names = existsSync(this.path) ? readdirSync(this.path) : [];
    const versions = names.flatMap((name) => /^(\d{1,9})\.root\.json$/.exec(name)?.[1] ?? []);
    return Math.min(...versions.map(Number), Number.MAX_SAFE_INTEGER);
  }

  #readRoot(path: string): RootVersion {
    const bytes = readSmallFile(path, limits.trustDocumentBytes);
    const refuse = (fault: string): ClairError => new ClairError('config-invalid', `${path} ${fault}`);
    const { signed } = parseBySchema(rootDocument, parseJson(bytes, refuse), ({ fault }) => refuse(fault));
    return { version: signed.version, bytes, content: signed };
  }
}

/** Reads a file of at most this size. Throws `config-invalid`. */
export function readSmallFile(path: string, bytesMax: number): Buffer {
  return withFileErrors(
    path,
    () => {
      const { size } = statSync(path);
      if (size > bytesMax) throw new ClairError('config-invalid', `${path} has more than ${bytesMax} bytes`);
      return readFileSync(path);
    },
    'config-invalid',
  );
}
