import { createReadStream, statSync } from 'node:fs';
import { readAt } from '../image/medium/local-file.ts';
import { ClairError, messageOf } from '../kit/errors.ts';
import { limits } from '../kit/limits.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Target } from '../model/report.ts';
import { looksLikeSbom } from '../sbom/document-text.ts';

/** An inventory that a target names. */
export interface SbomTarget {
  readonly target: Target;
  readonly inventory: Inventory;
}

const prefix = 'sbom:';
const standardInput = '-';

/** As much of a file as tells an inventory from an image. */
const startBytes = 4096;

/** Whether a target is an inventory: it says so, or is a file without a prefix that begins like one. */
export function isSbomTarget(target: string): boolean {
  if (target.startsWith(prefix)) return true;
  const isFile = statSync(target, { throwIfNoEntry: false })?.isFile() === true;
  return isFile && looksLikeSbom(readAt(target, 0, startBytes));
}

/**
 * Reads the inventory a target names: `sbom:F`, `sbom:-` for standard input, or a path that is recognised by its content. Throws
 * `target-…` errors that say what was found instead.
 */
export async function openSbom(
  target: string,
  { platform }: { readonly platform?: string },
): Promise<SbomTarget> {
  const place = target.startsWith(prefix) ? target.slice(prefix.length) : target;
  const name = place === standardInput ? 'standard input' : place;
  const inventory = (await import('../sbom/read-sbom.ts')).readSbom(await readAll(place, name), name);
  const { manifest, reference, kind, platform: told } = inventory.subject;
  if (platform !== undefined && told !== null && told !== platform)
    throw new ClairError('target-not-found', `${name} is about an image for ${told}, not for ${platform}`);
  const subject = { reference, kind };
  return { target: { reference: target, kind: 'sbom', manifest, platform: told, subject }, inventory };
}

/** A file, a pipe, or standard input. */
async function readAll(path: string, name: string): Promise<Buffer> {
  const isInput = path === standardInput;
  if (!isInput && statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new ClairError('target-unsupported', `${name} is a directory, and so no SBOM`);
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    const stream: AsyncIterable<Buffer> = isInput ? process.stdin : createReadStream(path);
    for await (const piece of stream) {
      size += piece.length;
      if (size > limits.sbomBytes) throw tooLarge(name);
      pieces.push(piece);
    }
  } catch (error) {
    if (error instanceof ClairError) throw error;
    throw new ClairError('target-not-found', `${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return Buffer.concat(pieces);
}

function tooLarge(name: string): ClairError {
  const message = `${name} has more than ${limits.sbomBytes} bytes, which no SBOM has`;
  return new ClairError('limit-exceeded', message, { limit: 'sbomBytes' });
}
