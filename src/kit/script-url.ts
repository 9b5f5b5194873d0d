import { basename } from 'node:path';

/**
 * Where the script of a thread lies: from the sources at a path relative to the file that asks, without its ending; from the bundle beside
 * the one file. `asking` is `import.meta.url`.
 */
export function scriptUrl(path: string, callerUrl: string): URL {
  return new URL(callerUrl.endsWith('.ts') ? `${path}.ts` : `./${basename(path)}.js`, callerUrl);
}
