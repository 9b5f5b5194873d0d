/** Values of properties by name. */
export type MavenProperties = ReadonlyMap<string, string>;

/** Limits of `resolveProperties`. A property may refer to another one, and hostile ones make a value grow with each round. */
export interface ResolutionLimits {
  readonly rounds: number;
  /** Longer values are not resolved further. */
  readonly characters: number;
}

/** Replaces references to properties (`${name}`) of a Maven project. Those that are not defined remain. */
export function resolveProperties(
  text: string,
  properties: MavenProperties,
  { rounds, characters }: ResolutionLimits,
): string {
  let current = text;
  for (let i = 0; i < rounds && current.length <= characters && current.includes('${'); i++)
    current = current.replaceAll(/\$\{([^${}]*)\}/g, (whole, name: string) => properties.get(name) ?? whole);
  return current;
}
