import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { scratch } from './clair.ts';

/**
 * Writes a mirror of the advisories of Alpine 3.19, in which versions of busybox fix CVEs. Returns its directory, which `name`
 * distinguishes from those of other tests.
 */
export function alpineMirror(name: string, secfixes: Readonly<Record<string, readonly string[]>>): string {
  const mirror = join(scratch, name);
  for (const [repository, packages] of [
    ['main', [{ pkg: { name: 'busybox', secfixes } }]],
    ['community', []],
  ] as const) {
    const file = join(mirror, `secdb.alpinelinux.org/v3.19/${repository}.json`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ distroversion: 'v3.19', reponame: repository, packages }));
  }
  return mirror;
}
