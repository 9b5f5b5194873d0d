import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type RpmTags, writeNdb, writeRpmHeader } from '../../src/testing/rpm-writer.ts';

/** A package of a system list. */
export interface ListedPackage {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  /** Name and version of the source: the origin in apk, the source in dpkg. */
  readonly source?: readonly [name: string, version: string];
  /** File name of the source of an rpm. */
  readonly sourceRpm?: string | undefined;
  readonly modularity?: string | undefined;
}

/** Files by path from the root, without a leading slash. */
export type SystemFiles = Readonly<Record<string, string | Uint8Array>>;

/** Writes a root file system with these files only, such as the database of a package manager. */
export function writeSystem(
  root: string,
  osRelease: Readonly<Record<string, string>>,
  files: SystemFiles,
): void {
  const lines = Object.entries(osRelease).map(([key, value]) => `${key}="${value}"\n`);
  for (const [path, content] of Object.entries({ 'etc/os-release': lines.join(''), ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** Databases in which these packages are installed. */
export const databases = {
  apk: (packages: readonly ListedPackage[]): SystemFiles => ({
    'lib/apk/db/installed': packages.map(apkEntry).join('\n'),
  }),
  dpkg: (packages: readonly ListedPackage[]): SystemFiles => ({
    'var/lib/dpkg/status': packages.map(dpkgEntry).join('\n'),
  }),
  rpm: (packages: readonly ListedPackage[]): SystemFiles => ({
    'var/lib/rpm/Packages.db': writeNdb(packages.map(rpmHeader)),
  }),
} as const;

function apkEntry({ name, version, arch, source }: ListedPackage): string {
  return `P:${name}\nV:${version}\nA:${arch}\no:${source?.[0] ?? name}\n`;
}

function dpkgEntry({ name, version, arch, source = [name, version] }: ListedPackage): string {
  const lines = [
    `Package: ${name}`,
    'Status: install ok installed',
    `Architecture: ${arch}`,
    `Source: ${source[0]} (${source[1]})`,
    `Version: ${version}`,
  ];
  return `${lines.join('\n')}\n`;
}

function rpmHeader({ name, version: evr, arch, sourceRpm, modularity }: ListedPackage): Buffer {
  const [, epoch, version = '', release = ''] = /^(?:(\d+):)?(.+)-([^-]+)$/.exec(evr) ?? [];
  const tags: RpmTags = [
    [1000, name],
    [1001, version],
    [1002, release],
    ...(epoch === undefined ? [] : [[1003, Number(epoch)] as const]),
    [1022, arch],
    ...(sourceRpm === undefined ? [] : [[1044, sourceRpm] as const]),
    ...(modularity === undefined ? [] : [[5096, modularity] as const]),
  ];
  return writeRpmHeader(tags);
}
