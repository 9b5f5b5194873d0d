/** An artifact and a version in the name of a file. */
export interface NamedArtifact {
  readonly artifact: string;
  readonly version: string;
}

/** Extensions of Java archives: a zip archive with classes, or with other such archives. */
export const javaExtensions = [
  ...['jar', 'war', 'ear', 'par', 'sar', 'nar', 'kar', 'far', 'rar', 'zap', 'lpkg', 'jpi', 'hpi', 'jmod'],
] as const;

/** Returns the name of a file without its directory and extension. */
export function baseNameOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}

/**
 * Returns the ways to read the name of a jar as `artifact-version`, the most probable first. The version begins with a digit. In
 * `log4j-1.2-api-2.17.1` it is not the first such part.
 */
export function readingsOfJarName(base: string): NamedArtifact[] {
  const readings: NamedArtifact[] = [];
  for (let hyphen = base.indexOf('-'); hyphen > 0; hyphen = base.indexOf('-', hyphen + 1)) {
    const next = base.charCodeAt(hyphen + 1);
    if (next < zero || next > nine) continue;
    readings.push({ artifact: base.slice(0, hyphen), version: base.slice(hyphen + 1) });
    if (readings.length === readingsMax) break;
  }
  return readings;
}

const [zero, nine] = [0x30, 0x39];
const readingsMax = 4;
