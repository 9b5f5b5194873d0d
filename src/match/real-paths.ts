import { baseOf, parentOf } from '../kit/tar/path.ts';
import type { FileTree } from './file-tree.ts';

/** Returns a function that resolves links in the directories of files. Each directory is resolved once. */
export function realPaths({ resolver }: Pick<FileTree, 'resolver'>): (path: string) => string {
  const directories = new Map<string, string>();
  return (path) => {
    const directory = parentOf(path);
    if (directory === '') return path;
    let real = directories.get(directory);
    if (real === undefined) {
      real = resolver.real(directory) ?? directory;
      directories.set(directory, real);
    }
    return real === '' ? baseOf(path) : `${real}/${baseOf(path)}`;
  };
}
