import type * as z from 'zod/mini';
import { boundedParse } from '../../kit/json/json-document.ts';
import { quoteUntrusted } from '../../kit/untrusted-text.ts';
import type { PackageType } from '../../model/package.ts';
import type { PackageHash } from '../../model/package-hash.ts';
import { isWord } from '../package/listing.ts';

/** An item that a lock file or manifest states. */
export type DeclaredItem =
  /** A dependency with an exact version. */
  | {
      readonly kind: 'package';
      readonly name: string;
      readonly version: string;
      /** Those of its archive in the registry. Empty if the file states none. */
      readonly hashes: readonly PackageHash[];
    }
  /** A dependency without a version that can be looked up. `reason` follows the name in a message: `has no exact version (>=2.0)`. */
  | { readonly kind: 'unpinned'; readonly name: string; readonly reason: string }
  /** A part that could not be read. The text follows the path in a message. */
  | { readonly kind: 'problem'; readonly problem: string };

/** Returns a file in the same directory by its name. */
export type SiblingFile = (name: string) => Uint8Array | undefined;

/** A format of lock files or manifests. */
export interface DeclaredFormat {
  readonly name: string;
  readonly type: PackageType;
  /** Patterns of its files at any depth, without the asterisks and the slash before them. */
  readonly files: readonly string[];
  /** Names of files in the same directory that `read` uses. */
  readonly siblings?: readonly string[];
  /** Yields the items of a file. Throws a `DeclaredFileError` if the file as a whole cannot be read. */
  read(content: Uint8Array, sibling: SiblingFile): Iterable<DeclaredItem>;
}

/** A file cannot be read as its format. The message follows the path: `is not JSON: …`. */
export class DeclaredFileError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'DeclaredFileError';
  }
}

/** Returns a package, or the problem of a name or version that no package can have. */
export function declaredPackage(
  name: string,
  version: string,
  hashes: readonly PackageHash[] = [],
): DeclaredItem {
  if (isWord(name) && isWord(version)) return { kind: 'package', name, version, hashes };
  const fault = isWord(name) ? `the version ${quoteUntrusted(version)}` : `the name ${quoteUntrusted(name)}`;
  return { kind: 'problem', problem: `has a package with ${fault}, which is not possible` };
}

/** Returns a dependency without a version that can be looked up. */
export function unpinned(name: string, reason: string): DeclaredItem {
  return { kind: 'unpinned', name, reason };
}

/** Returns a dependency whose requirement allows several versions. */
export function inexact(name: string, requirement: string): DeclaredItem {
  return unpinned(
    name,
    requirement === '' ? 'has no version' : `has no exact version (${quoteUntrusted(requirement)})`,
  );
}

/** Returns a dependency that comes from a repository or file instead of a registry, so that its version is unknown. */
export function fromElsewhere(name: string, origin: string): DeclaredItem {
  return unpinned(name, `comes from ${quoteUntrusted(origin)}, not from a registry`);
}

/** Reads each entry by its schema. An entry that differs from it becomes a problem and does not affect the others. */
export function* readEntries<Schema extends z.ZodMiniType>(
  entries: Iterable<readonly [key: string, value: unknown]>,
  schema: Schema,
  read: (value: z.output<Schema>, key: string) => Iterable<DeclaredItem>,
): Generator<DeclaredItem> {
  for (const [key, value] of entries) {
    const parsed = boundedParse(schema, value);
    if (parsed?.success === true) yield* read(parsed.data, key);
    else yield { kind: 'problem', problem: `has a malformed entry ${quoteUntrusted(key)}` };
  }
}
