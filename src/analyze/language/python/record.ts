import { limits } from '../../../core/limits.ts';
import { Lines } from '../../text-lines.ts';

/** A directory that Python imports from. Clair knows of the code in no others. */
const importedDirectory = /(?:^|\/)(?:site|dist)-packages$/;

/** Returns the path of the list of files that belongs to the metadata of a wheel. */
export function recordBeside(path: string): string {
  return `${path.slice(0, path.lastIndexOf('/'))}/RECORD`;
}

/**
 * Returns the paths of the code that a list of files states, directly below the directory that Python imports from. Undefined if the list
 * has no code there, or too much. "Recording installed projects", "The RECORD file" of the Python Packaging User Guide.
 */
export function codePathsIn(content: Uint8Array, root: string): readonly string[] | undefined {
  if (!importedDirectory.test(root)) return undefined;
  const names = new Set<string>();
  const lines = new Lines(content);
  while (lines.next() && names.size <= limits.codePathsPerPackage)
    for (const name of namesOfCode(pathAt(lines))) names.add(`${root}/${name}`);
  return names.size === 0 || names.size > limits.codePathsPerPackage ? undefined : [...names];
}

/** Returns the paths at which a distribution of this name usually has its code. A list of files may leave that out, and the code still runs. */
export function usualCodePaths(name: string, root: string): readonly string[] {
  const module = name.replaceAll(/[-.]/g, '_');
  const modules = [...new Set([module, module.toLowerCase()])];
  return modules.flatMap((each) => [`${root}/${each}`, `${root}/${each}.py`, `${root}/${each}.pyc`]);
}

/** Longer paths are not those of code. */
const pathBytesMax = 4096;

/** Returns the path at the start of a line: the first value, which is quoted if it has a comma. */
function pathAt(lines: Lines): string {
  const line = lines.beginning(pathBytesMax);
  const ending = line.startsWith('"') ? line.indexOf('"', 1) : line.indexOf(',');
  return ending === -1 ? '' : line.slice(line.startsWith('"') ? 1 : 0, ending);
}

/** Returns the names at the root that show that a file of code is there. Its compiled form may be left alone. */
function namesOfCode(path: string): string[] {
  if (!/\.(?:py|so)$/.test(path)) return [];
  const slash = path.indexOf('/');
  if (slash === -1) return path.endsWith('.py') ? [path, `${path}c`] : [path];
  const directory = path.slice(0, slash);
  return directory === '..' || /^$|\.(?:dist-info|data)$/.test(directory) ? [] : [directory];
}
