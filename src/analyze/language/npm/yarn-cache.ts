import { limits } from '../../../core/limits.ts';
import { bufferView } from '../../../kit/bytes/bytes.ts';
import { stripControls } from '../../../kit/untrusted-text.ts';
import { patternSet } from '../../../plugin/layer-files.ts';
import type { ListerEvent } from '../../../plugin/package-lister.ts';
import { type ArchiveSelection, filesOfArchive } from '../archive-files.ts';
import { readPackage } from './manifest.ts';
import { isFixture, manifestsOfPackages } from './package-root.ts';

/** The archives in the caches of Yarn: that of a project, and the one that projects share. */
export const yarnArchives = ['**/.yarn/cache/*.zip', '**/.yarn/berry/cache/*.zip'];
/** The tables of packages that programs run by Yarn load them from. */
export const pnpFiles = ['**/.pnp.cjs', '**/.pnp.js', '**/.pnp.data.json'];

const manifests = patternSet(manifestsOfPackages);

/**
 * Lists the package in an archive of a cache of Yarn. Programs load packages from there without unpacking them (Plug and Play). Yields no
 * event if the archive has no manifest of a package: then the file counts as one that was not read.
 */
export function* listYarnArchive(
  path: string,
  content: Uint8Array,
  { budget, load }: Pick<ArchiveSelection, 'budget' | 'load'>,
): Generator<ListerEvent> {
  for (const file of filesOfArchive(content, { wants: isManifestEntry, budget, load })) {
    const read = 'problem' in file ? file : readPackage(file.content);
    if (read === undefined) continue;
    if (read === 'no-package') yield { kind: 'no-package', path };
    else if ('problem' in read) yield { kind: 'problem', path, ...read };
    else if ('path' in file)
      yield {
        kind: 'package',
        path,
        package: {
          ...read,
          evidence: 'embedded-in-archive',
          archivePath: stripControls(file.path, limits.pathBytes),
        },
      };
  }
}

/** Returns whether a file in an archive is the manifest of a package. */
export function isManifestEntry(inside: string): boolean {
  return manifests.find(inside) !== undefined && !isFixture(inside);
}

/** Returns whether a file is a table of packages of Yarn. */
export function isPnpFile(path: string): boolean {
  return /(?:^|\/)\.pnp\.(?:c?js|data\.json)$/.test(path);
}

const archiveName = /\.zip\//;
const placeOfYarn = /(?:^|\/)\.yarn\/(?:berry\/)?cache\/$/;
/** Longer texts are not paths. */
const pathBytesMax = 4096;

/**
 * Returns whether all archives that a table of packages names are in caches that are read. Packages outside of archives are in
 * directories that are read.
 */
export function namesReadCachesOnly(content: Uint8Array): boolean {
  const text = bufferView(content).toString('latin1');
  for (let at = text.indexOf(locationKey); at !== -1; at = text.indexOf(locationKey, at + 1)) {
    const place = /^"?\s*:\s*"([^"]*)"/.exec(text.slice(at + locationKey.length, at + pathBytesMax))?.[1];
    if (place === undefined) return false;
    const archive = archiveName.exec(place);
    if (archive === null) continue;
    const directory = place.slice(0, place.lastIndexOf('/', archive.index) + 1);
    if (!placeOfYarn.test(directory)) return false;
  }
  return true;
}

const locationKey = 'packageLocation';
