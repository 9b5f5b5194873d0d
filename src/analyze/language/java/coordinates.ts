import { isWord } from '../../package/listing.ts';

/** Maven coordinates of an artifact. */
export interface Coordinates {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
}

/** Coordinates of which a file may not state all. */
export type PartialCoordinates = { readonly [Member in keyof Coordinates]?: Coordinates[Member] | undefined };

/** Returns the name under which advisories list an artifact. */
export function nameOfArtifact({ group, artifact }: Omit<Coordinates, 'version'>): string {
  return `${group}:${artifact}`;
}

/** Returns the name and the version of an artifact as those of a package. */
export function namedVersionOf(found: Coordinates): { readonly name: string; readonly version: string } {
  return { name: nameOfArtifact(found), version: found.version };
}

/** Returns complete and valid coordinates. Undefined if a part is missing, not a word, or contains an unresolved property. */
export function completeCoordinates({
  group,
  artifact,
  version,
}: PartialCoordinates): Coordinates | undefined {
  return isPart(group) && isPart(artifact) && isPart(version) ? { group, artifact, version } : undefined;
}

/** Whether a text can be a part of coordinates. */
export function isPart(text: string | undefined): text is string {
  return text !== undefined && isWord(text) && !/[:$%{}<>"'/\\@]/.test(text);
}

/** Returns the coordinates without members that are missing or not valid. */
export function validMembers({ group, artifact, version }: PartialCoordinates): PartialCoordinates {
  return {
    ...(isPart(group) && { group }),
    ...(isPart(artifact) && { artifact }),
    ...(isPart(version) && { version }),
  };
}
