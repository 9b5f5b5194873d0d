import { isUtf8 } from 'node:buffer';
import * as z from 'zod/mini';
import { messageOf } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { bufferView } from '../../../kit/bytes/bytes.ts';
import { parseBySchema, parseJson } from '../../../kit/json/json-document.ts';
import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import type { ListedPackage } from '../../../model/package.ts';
import { licenseOf } from '../../../model/spdx-license.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { isWord } from '../../package/listing.ts';
import { bundlerOf, isFixture } from './package-root.ts';

const manifestSchema = z.object({
  name: z.optional(z.string()),
  version: z.optional(z.string()),
  license: z.optional(z.unknown()),
  engines: z.optional(z.unknown()),
});
type Manifest = z.infer<typeof manifestSchema>;

/**
 * Lists npm packages by the manifests at the roots of packages: one name, or a scope and a name, below the last `node_modules`. The
 * manifest names the package, since the directory of an alias has another name.
 */
export const npmLister: PackageLister = {
  name: 'npm',
  version: 1,
  wants: ['**/node_modules/*/package.json', '**/node_modules/@*/*/package.json'],
  ecosystem: { name: 'npm', versionScheme: 'npm' },
  *list(files: Files) {
    const parents = new Parents(files);
    for (const [path, content] of files) yield* listFile(path, content, parents);
  },
};

function* listFile(path: string, content: Uint8Array, parents: Parents): Generator<ListerEvent> {
  if (isFixture(path)) {
    yield { kind: 'no-package', path };
    return;
  }
  let manifest: Manifest;
  try {
    manifest = readManifest(content);
  } catch (error) {
    yield { kind: 'problem', path, problem: messageOf(error) };
    return;
  }
  // Without a version, the package is unknown, and so is that of an editor. Both remain evidence.
  if (!manifest.name || !manifest.version || isOfEditor(manifest)) return;
  yield entryOf(path, { ...manifest, name: manifest.name, version: manifest.version.trim() }, parents);
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

type NamedManifest = Manifest & { readonly name: string; readonly version: string };

function entryOf(path: string, { name, version, license }: NamedManifest, parents: Parents): ListerEvent {
  if (isLocal(version)) return { kind: 'no-package', path };
  const unusable = [name, version].find((text) => !isWord(text));
  if (unusable !== undefined)
    return {
      kind: 'problem',
      path,
      problem: `has an impossible name or version: ${quoteUntrusted(unusable)}`,
    };
  const licenses = typeof license === 'string' ? licenseOf(license) : undefined;
  return {
    kind: 'package',
    path,
    package: {
      type: 'npm',
      name,
      version,
      ...(licenses !== undefined && { licenses: [licenses] }),
      ...parents.containment(path),
    },
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

/** The package managers that contain packages, by their manifests in the same layer. */
class Parents {
  readonly #files: Files;
  readonly #versions = new Map<string, string | undefined>();

  constructor(files: Files) {
    this.#files = files;
  }

  /** Returns whether a package is installed by itself or within a package manager, and within which. */
  containment(path: string): Pick<ListedPackage, 'evidence' | 'parent'> {
    const bundler = bundlerOf(path);
    if (bundler === undefined) return { evidence: 'installed' };
    const { name, manifest } = bundler;
    if (!this.#versions.has(manifest)) this.#versions.set(manifest, versionIn(this.#files.get(manifest)));
    const version = this.#versions.get(manifest);
    return { evidence: 'vendored', ...(version !== undefined && { parent: { name, version } }) };
  }
}

function versionIn(content: Uint8Array | undefined): string | undefined {
  if (content === undefined) return undefined;
  try {
    const { version } = readManifest(content);
    return version !== undefined && isWord(version) ? version : undefined;
  } catch {
    return undefined;
  }
}
