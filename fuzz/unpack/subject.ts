import { ClairError } from '../../src/core/errors.ts';
import { builtIn } from '../../src/extensions.ts';
import { openImage } from '../../src/image/open-image.ts';
import type { ListedPackage } from '../../src/model/package.ts';
import { isPattern, parsePattern } from '../../src/plugin/layer-files.ts';
import { analyzeLayers, wantedPatterns } from '../../src/service/images/analyze-layers.ts';
import { ListedSize, listPackages } from '../../src/service/images/list-packages.ts';
import { type LayerStack, ReadPasses } from '../../src/service/images/read-passes.ts';

/** Content of an image, as read by clair or by a runtime. */
export interface Content {
  readonly packages: ReadonlySet<string>;
  /** The distribution; undefined if no file states it. */
  readonly distro: string | undefined;
  /** Reasons why something may be missing. */
  readonly problems: readonly string[];
}

/** Result of clair for an image: its content, or a refusal. */
export type Reading = Content | { readonly refused: string };

/** Files that the extensions read: exact paths, and directories of which they want the files. */
export const wantedFiles: { readonly files: readonly string[]; readonly directories: readonly string[] } =
  wantedFilesOf(wantedPatterns(builtIn));

function wantedFilesOf(patterns: readonly string[]): typeof wantedFiles {
  const places = patterns.filter(isPattern).map(parsePattern);
  const isDirect = (ending: string): boolean => !ending.includes('/', 1);
  return {
    files: [...new Set(places.flatMap(({ path, ending }) => (ending === undefined ? [path] : [])))],
    directories: [
      ...new Set(
        places.flatMap(({ path, ending }) => (ending !== undefined && isDirect(ending) ? [path] : [])),
      ),
    ],
  };
}

/** Reads an image as `clair scan` does, without a store. */
export async function readTarget(target: string, verify: boolean): Promise<Reading> {
  try {
    const { layers } = await openImage(target);
    const passes = new ReadPasses(builtIn);
    let stack: LayerStack | undefined;
    while (stack === undefined) {
      const indexes = await analyzeLayers(layers, builtIn, { verify, links: passes.current.links });
      stack = passes.squash(indexes.map((index, i) => ({ identity: String(i), index })));
    }
    const { squashed } = stack;
    return {
      packages: new Set(squashed.packages.map((item) => identityOf(item.package))),
      distro: distroOf(squashed.files),
      problems: [
        ...squashed.problems.map(({ path, message }) => `${path}: ${message}`),
        ...squashed.unresolvedLinks.map(({ target }) => `${target}: not read`),
      ],
    };
  } catch (error) {
    if (error instanceof ClairError) return { refused: error.message };
    throw error;
  }
}

/** Runs the listers on files that a runtime unpacked. */
export function contentOf(files: ReadonlyMap<string, Uint8Array>): Content {
  const listings = builtIn.listers.map((lister) => {
    const listed = listPackages(lister, files, { wantedPathsOf: () => [], size: new ListedSize() });
    if (listed instanceof Promise) throw new Error(`${lister.name} does not return synchronously`);
    return listed;
  });
  return {
    packages: new Set(
      listings.flatMap(({ packages }) => packages.flatMap((at) => at.packages.map(identityOf))),
    ),
    distro: distroOf(files),
    problems: listings.flatMap(({ problems }) => problems.map(({ path, message }) => `${path}: ${message}`)),
  };
}

function identityOf({ type, name, version }: ListedPackage): string {
  return `${type} ${name} ${version}`;
}

function distroOf(files: ReadonlyMap<string, Uint8Array>): string | undefined {
  for (const detector of builtIn.detectors) {
    const distro = 'detect' in detector ? detector.detect(files) : undefined;
    if (distro !== undefined) return `${distro.id} ${distro.versionId}`;
  }
  return undefined;
}
