/**
 * Versions of Bitnami's components: numbers with a dot between them, then a pre-release as in SemVer, or the revision of the build.
 *
 * A last part of digits only is the revision: `15.2.0-4`. A version without a revision is below the same version with any revision. As an
 * upper bound it includes all of them, since Bitnami's advisories name no revisions: `≤ 15.2.0` includes `15.2.0-4`.
 */
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { writeDottedNumbers } from './dotted-numbers.ts';
import { writePrerelease } from './identifiers.ts';
import type { KeyWriter } from './key-writer.ts';
import { keyedScheme } from './keyed-scheme.ts';

const form = /^v?(\d+(?:\.\d+){0,3})(?:-(?:(\d+)|([\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)))?$/;

/** Above every revision. */
const afterRevisions = 0xff;

/** Versions of Bitnami's components. */
export const bitnami: VersionScheme = keyedScheme({ name: 'bitnami', write: writeVersion, writeAfter });

function writeVersion(version: string, key: KeyWriter): string | undefined {
  const parts = form.exec(version);
  if (parts === null) return 'it is not numbers with a revision or pre-release';
  const [, numbers = '', revision, prerelease] = parts;
  writeDottedNumbers(numbers, 0, numbers.length, key);
  writePrerelease(prerelease, key);
  if (revision !== undefined) key.number(revision, 0, revision.length);
  return undefined;
}

function writeAfter(version: string, key: KeyWriter): void {
  key.byte(version.includes('-') ? 0 : afterRevisions);
}
