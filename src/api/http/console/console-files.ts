import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the console, with its compressed forms. */
export interface ConsoleFile {
  readonly contentType: string;
  readonly plain: Buffer;
  readonly brotli: Buffer;
  readonly gzip: Buffer;
}

/** All files of the console, by their use. */
export interface ConsoleFiles {
  /** The page, which is the same for every path. */
  readonly page: ConsoleFile;
  /** Scripts and styles by name. The names have hashes of the content. */
  readonly assets: ReadonlyMap<string, ConsoleFile>;
}

const contentTypes: readonly (readonly [ending: string, contentType: string])[] = [
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
];

/** Where `npm run console` writes, seen from the sources or from the bundle. */
const builtDirectory = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../../../dist/console' : '../console', import.meta.url),
);

/** Reads what `npm run console` wrote. Returns undefined if the directory has no page. */
export function readConsoleFiles(directory: string = builtDirectory): ConsoleFiles | undefined {
  const files = new Map<string, ConsoleFile>();
  for (const name of namesIn(directory)) {
    const contentType = contentTypes.find(([ending]) => name.endsWith(ending))?.[1];
    if (contentType === undefined) continue;
    const read = (suffix: string): Buffer => readFileSync(join(directory, name + suffix));
    files.set(name, { contentType, plain: read(''), brotli: read('.br'), gzip: read('.gz') });
  }
  const page = files.get('index.html');
  files.delete('index.html');
  return page && { page, assets: files };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
