import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { isSystemError } from '../../core/system-error.ts';
import { parseBySchema, parseJson } from '../../kit/json/json-document.ts';
import { sha256Of } from '../../kit/sha256.ts';
import { writeFileAtomically } from '../../kit/write-file-atomically.ts';
import type { TrustedDocuments, VerifiedDocuments } from './verify-documents.ts';

/** The documents of the last trusted version of a published database. */
export type TrustState = Required<TrustedDocuments>;

const base64 = z.pipe(
  z.string(),
  z.transform((text) => Buffer.from(text, 'base64')),
);

const stateDocument = z.object({
  root: base64,
  timestamp: base64,
  snapshot: base64,
  targets: base64,
});

/** `ROOT-TIMESTAMP.json`, so that the newest state is the one with the highest versions. */
const stateName = /^(\d{1,16})-(\d{1,16})\.json$/;

/**
 * Reads the documents of the last trusted version below a root from a cache directory. Undefined if no version is trusted yet. Throws
 * `store-unusable` if it cannot be read: without it, an old version would be accepted.
 */
export function readTrustState(cache: string, root: Buffer): TrustState | undefined {
  const directory = stateDirectory(cache, root);
  for (;;) {
    const name = newestFirst(directory)[0];
    if (name === undefined) return undefined;
    const path = join(directory, name);
    try {
      if (statSync(path).size > limits.trustStateBytes)
        throw unusable(path, `has more than ${limits.trustStateBytes} bytes`);
      return parseState(path, readFileSync(path));
    } catch (error) {
      // Another process wrote a newer one and removed this one.
      if (isSystemError(error) && error.code === 'ENOENT') continue;
      if (error instanceof ClairError) throw error;
      throw unusable(path, messageOf(error), error);
    }
  }
}

/**
 * Writes the documents of a trusted version into a cache directory, and removes older ones. Each version has a file of its own, which appears completely
 * or not at all. So a process that verified an older version at the same time does not replace a newer one.
 */
export async function writeTrustState(
  cache: string,
  root: Buffer,
  { versions, expires: _, ...documents }: VerifiedDocuments,
): Promise<void> {
  const directory = stateDirectory(cache, root);
  const path = join(directory, `${versions.root}-${versions.timestamp}.json`);
  const state = Object.entries(documents).map(([name, bytes]) => [name, bytes.toString('base64')]);
  await writeFileAtomically(path, [Buffer.from(`${JSON.stringify(Object.fromEntries(state))}\n`)]);
  for (const older of newestFirst(directory).slice(1)) rmSync(join(directory, older), { force: true });
}

/** The client's own root names the directory. Later roots, which it signs, share it. */
function stateDirectory(cache: string, root: Buffer): string {
  return join(cache, 'trust', sha256Of(root));
}

function newestFirst(directory: string): string[] {
  const versionsOf = (name: string): number[] => (stateName.exec(name) ?? []).slice(1).map(Number);
  return namesIn(directory)
    .filter((name) => stateName.test(name))
    .sort((a, b) => {
      const [rootA = 0, timestampA = 0] = versionsOf(a);
      const [rootB = 0, timestampB = 0] = versionsOf(b);
      return rootB - rootA || timestampB - timestampA;
    });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return [];
    throw unusable(directory, messageOf(error), error);
  }
}

function parseState(path: string, bytes: Buffer): TrustState {
  const refuse = (fault: string, cause?: unknown): Error => unusable(path, fault, cause);
  return parseBySchema(stateDocument, parseJson(bytes, refuse), ({ fault }) => refuse(fault));
}

function unusable(path: string, fault: string, cause?: unknown): ClairError {
  return new ClairError(
    'store-unusable',
    `the trusted version of the published database in ${path} cannot be used: ${fault}. Remove the file to trust the root alone again.`,
    { cause },
  );
}
