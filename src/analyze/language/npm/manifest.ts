import { isUtf8 } from 'node:buffer';
import * as z from 'zod/mini';
import { messageOf } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { bufferView } from '../../../kit/bytes/bytes.ts';
import { parseBySchema, parseJson } from '../../../kit/json/json-document.ts';
import { isJsonObject } from '../../../kit/json/shape-checks.ts';
import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import type { ListedPackage } from '../../../model/package.ts';
import { hashesInMember } from '../../../model/package-hash.ts';
import { licenseOf } from '../../../model/spdx-license.ts';
import { type DependencyBudget, dependencyFields } from '../../package/dependency-names.ts';
import { type EntryProblem, isWord } from '../../package/listing.ts';

const manifestSchema = z.object({
  name: z.optional(z.string()),
  version: z.optional(z.string()),
  license: z.optional(z.unknown()),
  engines: z.optional(z.unknown()),
  _integrity: z.optional(z.unknown()),
  dependencies: z.optional(z.unknown()),
  optionalDependencies: z.optional(z.unknown()),
  peerDependencies: z.optional(z.unknown()),
});
type Manifest = z.infer<typeof manifestSchema>;

/** A manifest that states a package, states code of the project itself (`no-package`), or cannot be read. */
export type ManifestResult = ListedPackage | EntryProblem | 'no-package';

/**
 * Returns the package that a manifest states. Undefined if it states no version, or an extension of an editor: then the package is unknown.
 * With a budget, returns the names that it requires as well.
 */
export function readPackage(content: Uint8Array, budget?: DependencyBudget): ManifestResult | undefined {
  let manifest: Manifest;
  try {
    manifest = readManifest(content);
  } catch (error) {
    return { problem: messageOf(error) };
  }
  const { name, version, license, _integrity } = manifest;
  if (!name || !version || isOfEditor(manifest)) return undefined;
  const read = packageOf({ name, version: version.trim(), license, _integrity });
  if (budget === undefined || typeof read === 'string' || 'problem' in read) return read;
  return { ...read, ...dependencyFields(budget, { requires: requirementsOf(manifest), provides: [] }) };
}

/** Returns the names of what Node.js loads for a package. What it needs for development is not installed with it. */
function requirementsOf({ dependencies, optionalDependencies, peerDependencies }: Manifest): string[] {
  return [dependencies, optionalDependencies, peerDependencies].flatMap(namesIn);
}

/** Returns the keys of an object: ranges by the names of directories in `node_modules`. Without a schema, which would copy it. */
function namesIn(links: unknown): string[] {
  return isJsonObject(links) ? Object.keys(links) : [];
}

/** Returns the version that a manifest states. Undefined if it states none, or cannot be read. */
export function versionIn(content: Uint8Array): string | undefined {
  try {
    const { version } = readManifest(content);
    return version !== undefined && isWord(version) ? version : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a manifest as Node does: with a byte order mark, and with replaced bytes in texts that are not UTF-8. */
function readManifest(content: Uint8Array): Manifest {
  const bytes = bufferView(content);
  const text = isUtf8(bytes) ? bytes : Buffer.from(bytes.toString('utf8'));
  const refuse = (fault: string): Error => new Error(fault);
  return parseBySchema(
    manifestSchema,
    parseJson(text, refuse, limits.documentDepthFromBytes),
    ({ fault }) => new Error(fault),
  );
}

interface NamedManifest extends Pick<Manifest, 'license' | '_integrity'> {
  readonly name: string;
  readonly version: string;
}

function packageOf({ name, version, license, _integrity }: NamedManifest): ManifestResult {
  if (isLocal(version)) return 'no-package';
  const unusable = [name, version].find((text) => !isWord(text));
  if (unusable !== undefined)
    return { problem: `has an impossible name or version: ${quoteUntrusted(unusable)}` };
  const licenses = typeof license === 'string' ? licenseOf(license) : undefined;
  // Written into the manifest when npm 6 and earlier install a package.
  const hashes = hashesInMember(_integrity);
  return {
    type: 'npm',
    name,
    version,
    ...(licenses !== undefined && { licenses: [licenses] }),
    ...(hashes.length > 0 && { hashes }),
  };
}

/** Whether a version is a place. Then the package is code of the project itself, which no registry has. */
function isLocal(version: string): boolean {
  return /^(?:workspace|file|link|portal):/.test(version);
}

/** Whether a package is an extension of an editor, which has a marketplace of its own. */
function isOfEditor({ engines }: Manifest): boolean {
  return typeof engines === 'object' && engines !== null && 'vscode' in engines;
}
