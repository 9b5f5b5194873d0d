/** Divides the parts of a path. It is the lowest byte, so that everything below a path is one range of an index. */
const divider = '\0';

/** Returns the name of a repository as bytes, in whose order everything below a path is adjacent. */
export function pathOfRepository(name: string): Uint8Array {
  return Buffer.from(name.replaceAll('/', divider));
}

/** Returns the name of a repository by its bytes. */
export function repositoryOfPath(path: Uint8Array): string {
  return Buffer.from(path).toString().replaceAll(divider, '/');
}

/** Returns the paths with which those of repositories below a name begin. An empty name stands for all repositories. */
export function pathOfFolder(name: string): Uint8Array {
  return name === '' ? new Uint8Array() : Buffer.from(`${name}/`.replaceAll('/', divider));
}

/** Returns the name of a folder by its path. */
export function folderOfPath(path: Uint8Array): string {
  return repositoryOfPath(path).slice(0, -1);
}

/** Returns the number of names in the name of a folder. */
export function depthOf(name: string): number {
  return name === '' ? 0 : name.split('/').length;
}

/** Returns the first bytes behind all paths that begin with that of a folder. */
export function endOfFolder(path: Uint8Array): Uint8Array {
  // No text has this byte in UTF-8.
  if (path.length === 0) return Uint8Array.of(0xff);
  const end = Uint8Array.from(path);
  end[path.length - 1] = 1;
  return end;
}

/** Returns the names of all folders that a repository is in, the outermost first: an empty one, `registry.example`, and so on. */
export function foldersOf(repository: string): string[] {
  const parts = repository.split('/');
  return parts.map((_, i) => parts.slice(0, i).join('/'));
}
