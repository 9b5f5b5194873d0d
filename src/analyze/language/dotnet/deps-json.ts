import * as z from 'zod/mini';
import { bufferView } from '../../../kit/bytes/bytes.ts';
import { parseBySchema, parseJson } from '../../../kit/json/json-document.ts';
import { hashesInMember, type PackageHash } from '../../../model/package-hash.ts';

/** A package that an application was published with. */
export interface DotnetPackage {
  readonly name: string;
  readonly version: string;
  /** Paths of its files at run time, as the package has them. Empty if the file does not list them. */
  readonly files: readonly string[];
  /** Those of its archive in the registry. Empty if the file states none. */
  readonly hashes: readonly PackageHash[];
}

/** The content of a `.deps.json` file that matters. */
export interface DependencyFile {
  readonly packages: readonly DotnetPackage[];
  /** Whether a tool of the build packs assemblies into one, so that those of packages are not files of their own. */
  readonly isMerged: boolean;
  /** Runtime identifier of the target, such as `linux-x64`. Absent if the application runs anywhere. */
  readonly rid?: string;
}

/** The content is not a dependency file. */
export class DependencyFileError extends Error {
  override readonly name = 'DependencyFileError';
}

const assets = z.optional(z.record(z.string(), z.unknown()));
const targetEntry = z.object({
  runtime: assets,
  native: assets,
  runtimeTargets: assets,
});
const schema = z.object({
  runtimeTarget: z.optional(z.union([z.string(), z.object({ name: z.string() })])),
  targets: z.optional(z.record(z.string(), z.record(z.string(), targetEntry))),
  libraries: z.optional(
    z.record(z.string(), z.object({ type: z.optional(z.string()), sha512: z.optional(z.unknown()) })),
  ),
});
type TargetEntry = z.infer<typeof targetEntry>;

/** Packages that merge assemblies. */
const mergers = /^(?:costura\.fody|ilmerge|ilrepack)/i;

const runtimePack = 'runtimepack.';
/** Stands for an empty directory in packages. */
const placeholder = '_._';

/**
 * Parses a `.deps.json` file, which the .NET host reads. A package counts if it has files at run time. Others were needed only to compile.
 * Projects are the application itself. Without the target of the run time, all packages count. Throws a `DependencyFileError`.
 */
export function parseDependencyFile(content: Uint8Array): DependencyFile {
  const refuse = (fault: string, cause?: unknown): Error => new DependencyFileError(fault, { cause });
  const document = parseBySchema(schema, parseJson(bufferView(content), refuse), ({ fault }) =>
    refuse(fault),
  );
  const { runtimeTarget, targets = {}, libraries = {} } = document;
  const name = typeof runtimeTarget === 'string' ? runtimeTarget : (runtimeTarget?.name ?? '');
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
  const packages = Object.entries(libraries).flatMap(([key, { type = '', sha512 }]) => {
    if (type !== 'package' && type !== 'runtimepack') return [];
    const files = target === undefined ? [] : filesOf(target[key]);
    return target !== undefined && files.length === 0
      ? []
      : [{ ...packageOf(key, files), hashes: hashesInMember(sha512) }];
  });
  const rid = name.split('/', 2)[1];
  return { packages, isMerged: Object.keys(libraries).some((key) => mergers.test(key)), ...(rid && { rid }) };
}

function packageOf(key: string, files: readonly string[]): Omit<DotnetPackage, 'hashes'> {
  const slash = key.lastIndexOf('/');
  const name = slash === -1 ? key : key.slice(0, slash);
  return {
    name: name.startsWith(runtimePack) ? name.slice(runtimePack.length) : name,
    version: slash === -1 ? '' : key.slice(slash + 1),
    files,
  };
}

/** Returns the paths of the files of a package at run time. */
function filesOf({ runtime = {}, native = {}, runtimeTargets = {} }: TargetEntry = {}): string[] {
  const paths = [runtime, native, runtimeTargets].flatMap((files) => Object.keys(files));
  return paths.filter((path) => path.slice(path.lastIndexOf('/') + 1) !== placeholder);
}
