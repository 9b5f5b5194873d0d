import { basename } from 'node:path';

/**
 * Returns the URL of a thread's script. From the sources, `path` is relative to the calling file, without its suffix. In the bundle, the
 * script is in the folder of the one file. `callerUrl` is `import.meta.url`.
 */
export function scriptUrl(path: string, callerUrl: string): URL {
  return new URL(callerUrl.endsWith('.ts') ? `${path}.ts` : `./${basename(path)}.js`, callerUrl);
}
