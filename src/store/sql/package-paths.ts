import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** The paths of the packages of a part: one path for all, or a compressed list with one for each. */
export interface StoredPaths {
  readonly path: string | null;
  readonly paths: Uint8Array | null;
}

/** Encodes the paths of the packages of a part, in their order. A package database lists all of its packages at its own path. */
export function encodePaths(paths: readonly string[]): StoredPaths {
  const [first = ''] = paths;
  if (paths.every((path) => path === first)) return { path: first, paths: null };
  return { path: null, paths: zstdCompressSync(JSON.stringify(paths)) };
}

/** Returns the path of the package at a position of a part. */
export type PackagePaths = (position: number) => string;

/** Decodes what `encodePaths` encoded. */
export function decodePaths({ path, paths }: StoredPaths): PackagePaths {
  if (path !== null) return () => path;
  if (paths === null) throw new Error('a part of an image has no paths');
  // The text was written by `encodePaths`, so it needs no validation.
  const all = JSON.parse(zstdDecompressSync(paths).toString()) as string[];
  return (position) => {
    const found = all[position];
    if (found === undefined) throw new Error(`a part of an image has no path ${position}`);
    return found;
  };
}
