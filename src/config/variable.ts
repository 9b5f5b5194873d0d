/** Returns the environment variable of a setting: `CLAIR_API_PORT` for `api.port`. */
export function variableOf(path: readonly string[]): string {
  return ['clair', ...path].join('_').replaceAll('-', '_').toUpperCase();
}
