import type * as z from 'zod/mini';
import { messageOf } from '../core/errors.ts';
import { bufferView } from '../kit/bytes/bytes.ts';
import { parseBySchema, parseJson } from '../kit/json/json-document.ts';
import { quoteUntrusted, stripControls } from '../kit/untrusted-text.ts';
import type { Namespace } from '../model/namespace.ts';
import type { PackageOrigin, PackageType } from '../model/package.ts';
import { licenseOf } from '../model/spdx-license.ts';
import type { Files } from '../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../plugin/package-lister.ts';
import { type EntryProblem, isWord } from './package/listing.ts';
import { utf16Problem } from './package/text-damage.ts';

/** The installed package that a manifest states. Its texts are not checked yet. */
export interface StatedPackage {
  readonly name: string;
  readonly version: string;
  readonly license?: string | undefined;
  readonly supplier?: string | undefined;
  readonly origin?: PackageOrigin;
}

/**
 * The content of a manifest: a package, why it has none that is usable, or `no-package` if the rules of its ecosystem say that there is
 * none. Undefined if the path is not that of an installed package: the file then counts as unread if it is evidence.
 */
export type ManifestContent = StatedPackage | EntryProblem | 'no-package' | undefined;

/** Manifests of which each states one installed package. */
export interface ManifestFormat extends Pick<PackageLister, 'version' | 'wants' | 'purlSeparator'> {
  /** Type of the packages, which is also the name of the lister. */
  readonly type: PackageType;
  readonly ecosystem: Namespace;
  /** Reads one of the files. It never throws. */
  readonly read: (path: string, content: Uint8Array) => ManifestContent;
}

/** Version scheme of packages without advisories, which are listed and not matched. */
const inventoryScheme = 'semver';

/** Returns the namespace of packages without advisories. No source covers it, so their images are not assessed. */
export function inventoryNamespace(name: string): Namespace {
  return { name, versionScheme: inventoryScheme };
}

/** Returns a lister of such manifests. */
export function manifestLister({ type, read, ...shared }: ManifestFormat): PackageLister {
  return {
    ...shared,
    name: type,
    *list(files: Files) {
      for (const [path, content] of files) {
        const found = readManifest(read, path, content);
        if (found !== undefined) yield manifestEvent(type, path, found);
      }
    },
  };
}

function readManifest(read: ManifestFormat['read'], path: string, content: Uint8Array): ManifestContent {
  const found = read(path, content);
  const problem = found === undefined ? undefined : utf16Problem(content);
  return problem === undefined ? found : { problem };
}

/** Returns the event of a manifest. A package without a usable name or version becomes a problem. */
export function manifestEvent(
  type: PackageType,
  path: string,
  found: Exclude<ManifestContent, undefined>,
): ListerEvent {
  if (found === 'no-package') return { kind: 'no-package', path };
  if ('problem' in found) return { kind: 'problem', path, ...found };
  const { name, version, license = '', supplier = '', origin } = found;
  if (!isWord(name))
    return { kind: 'problem', path, problem: `states no usable name: ${quoteUntrusted(name)}` };
  if (!isWord(version))
    return { kind: 'problem', path, problem: `states no usable version of ${name}`, lacks: 'version' };
  const declared = licenseOf(license);
  const author = stripControls(supplier);
  return {
    kind: 'package',
    path,
    package: {
      type,
      name,
      version,
      evidence: 'installed',
      ...(author !== '' && { supplier: author }),
      ...(declared !== undefined && { licenses: [declared] }),
      ...(origin !== undefined && { origin }),
    },
  };
}

/** Returns the value of a JSON file by its schema, or the reason why it cannot be read. */
export function readJsonManifest<Schema extends z.ZodMiniType>(
  content: Uint8Array,
  schema: Schema,
): { readonly value: z.output<Schema> } | EntryProblem {
  const refuse = (fault: string): Error => new Error(fault);
  try {
    const document = parseJson(bufferView(content), refuse);
    return { value: parseBySchema(schema, document, ({ fault }) => refuse(fault)) };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
