/** The environment variable of a setting: `CLAIR_API_PORT`. */
export function variableOf(path: readonly string[]): string {
  return ['clair', ...path].join('_').replaceAll('-', '_').toUpperCase();
}
