import { ClairError } from '../core/errors.ts';
import { readAt, statsOf } from '../image/container/local-file.ts';
import type { Inventory, Target } from '../model/report.ts';
import { looksLikeSbom } from '../sbom/sbom-json.ts';
import { readInputFile, standardInput } from './read-file.ts';

/** An SBOM that a target names, read. */
export interface SbomTarget {
  readonly target: Target;
  readonly inventory: Inventory;
}

const prefix = 'sbom:';

/** Bytes at the start of a file that suffice to recognize an SBOM. */
const startBytes = 4096;

/** Returns whether a target is an SBOM: it has the prefix `sbom:`, or is a file that begins like one. */
export function isSbomTarget(target: string): boolean {
  if (target.startsWith(prefix)) return true;
  const isFile = statsOf(target)?.isFile() === true;
  return isFile && looksLikeSbom(readAt(target, 0, startBytes));
}

/**
 * Reads the SBOM of a target: `sbom:F`, `sbom:-` for standard input, or a path. Throws `target-…` errors that state what was found
 * instead.
 */
export async function openSbom(
  target: string,
  { platform }: { readonly platform?: string },
): Promise<SbomTarget> {
  const place = target.startsWith(prefix) ? target.slice(prefix.length) : target;
  const name = place === standardInput ? 'standard input' : place;
  if (statsOf(place)?.isDirectory())
    throw new ClairError('target-unsupported', `${name} is a directory, not an SBOM`);
  const bytes = await readInputFile(place, { limit: 'sbomBytes', code: 'target-not-found' });
  const inventory = (await import('../sbom/read-sbom.ts')).readSbom(bytes, name);
  const { reference, kind, ...identity } = inventory.subject;
  const { platform: sbomPlatform } = identity;
  if (platform !== undefined && sbomPlatform !== null && sbomPlatform !== platform)
    throw new ClairError(
      'target-not-found',
      `${name} is about an image for ${sbomPlatform}, not for ${platform}`,
    );
  const subject = { reference, kind };
  return { target: { reference: target, kind: 'sbom', ...identity, subject }, inventory };
}
