import { artifactsOfFrameworks } from './artifacts-of-frameworks.ts';
import { artifactsOfLibraries } from './artifacts-of-libraries.ts';

/*
 * The table lists artifacts whose builds write no `pom.properties`. Each line has a group and some of its artifacts. `*` at the end stands
 * for any characters. `>=` and `<` limit the version. A line that begins with `#` is a comment. The names are facts of Maven Central.
 * A whole name counts before a pattern, a longer pattern before a shorter one, and an earlier entry before a later one.
 */

/** The limit of an entry on the version, by the number of `versionNumber`. */
interface VersionLimit {
  readonly from?: number;
  readonly before?: number;
}

interface KnownArtifact extends VersionLimit {
  readonly group: string;
}

/** Known artifacts by name, and by the part of the name before an asterisk. */
interface KnownArtifacts {
  readonly exact: ReadonlyMap<string, readonly KnownArtifact[]>;
  readonly byPrefix: ReadonlyMap<string, readonly KnownArtifact[]>;
}

/** The table of known artifacts. It is parsed only when an image has a Java archive. */
class KnownArtifactTable {
  #parsed: KnownArtifacts | undefined;

  #table(): KnownArtifacts {
    this.#parsed ??= parseTable();
    return this.#parsed;
  }

  hasExactly(artifact: string, version: string): boolean {
    return (
      this.#table()
        .exact.get(artifact)
        ?.some((known) => allows(known, version)) ?? false
    );
  }

  groupOf(artifact: string, version: string): string | undefined {
    const { exact, byPrefix } = this.#table();
    const fits = (known: KnownArtifact): boolean => allows(known, version);
    const named = exact.get(artifact)?.find(fits);
    if (named !== undefined) return named.group;
    for (let length = artifact.length - 1; length > 0; length--) {
      const known = byPrefix.get(artifact.slice(0, length))?.find(fits);
      if (known !== undefined) return known.group;
    }
    return undefined;
  }
}

const table = new KnownArtifactTable();

/** Returns whether the table has an artifact of exactly this name. */
export function isKnownArtifact(artifact: string, version: string): boolean {
  return table.hasExactly(artifact, version);
}

/** Returns the group of an artifact of this name and version. Undefined if the table does not have it. */
export function knownGroup(artifact: string, version: string): string | undefined {
  return table.groupOf(artifact, version);
}

function allows({ from = 0, before = Number.POSITIVE_INFINITY }: VersionLimit, version: string): boolean {
  const number = versionNumber(version);
  return number >= from && number < before;
}

/** Returns a number in the order of versions by their first three numbers. A version without a number is the first. */
function versionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version
    .split('.', 3)
    .map((part) => Number.parseInt(part, 10) || 0);
  return major * 1e6 + Math.min(minor, 999) * 1e3 + Math.min(patch, 999);
}

function parseTable(): KnownArtifacts {
  const exact = new Map<string, KnownArtifact[]>();
  const byPrefix = new Map<string, KnownArtifact[]>();
  for (const line of `${artifactsOfFrameworks}${artifactsOfLibraries}`.split('\n')) {
    const [group = '', ...artifacts] = line.split(' ');
    if (group === '#') continue;
    for (const text of artifacts) {
      const { name, ...limit } = parseEntry(text);
      const map = name.endsWith('*') ? byPrefix : exact;
      const key = name.replace('*', '');
      map.set(key, [...(map.get(key) ?? []), { group, ...limit }]);
    }
  }
  return { exact, byPrefix };
}

function parseEntry(text: string): { readonly name: string } & VersionLimit {
  if (!/[<>]/.test(text)) return { name: text };
  const [, name = text, relation, version = ''] = /^([^<>]+)(<|>=)([\d.]+)$/.exec(text) ?? [];
  if (relation === undefined) return { name };
  return relation === '<' ? { name, before: versionNumber(version) } : { name, from: versionNumber(version) };
}
