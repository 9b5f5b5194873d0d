import { limits } from '../../core/limits.ts';
import type { Distro } from '../../model/distro.ts';
import { releaseOf, unstable } from '../../model/release.ts';
import type { Files, PathPattern } from '../../plugin/layer-files.ts';
import { stanzas } from '../deb822.ts';
import { releaseLines } from './release-text.ts';

const listFile = 'etc/apt/sources.list';
const listDirectory = 'etc/apt/sources.list.d/';

/** The files with the package sources of apt. */
export const sourcesFiles: readonly PathPattern[] = [listFile, `${listDirectory}*`];

/**
 * Returns the suites whose component `main` apt uses, such as `bookworm` or `sid`, without the pocket (`-updates`,
 * `/updates`, `-security`). Reads the main list first, then the others by name, in both formats of sources.list(5).
 */
export function aptSuites(files: Files): readonly string[] {
  const others = [...files.keys()].filter((path) => path.startsWith(listDirectory)).sort();
  return [listFile, ...others]
    .flatMap((path) =>
      path.endsWith('.sources') ? suitesOfStanzas(files.get(path)) : suitesOfLines(files, path),
    )
    .map((suite) => suite.split(/[/-]/)[0] ?? suite);
}

const oneLine = /^deb\s+(?:\[[^\]]*\]\s*)?\S+\s+(\S+)\s+(\S.*)$/;

function suitesOfLines(files: Files, path: string): readonly string[] {
  return releaseLines(files, path).flatMap((line) => {
    const [, suite, components] = oneLine.exec(line.split('#', 1)[0] ?? '') ?? [];
    return suite !== undefined && hasMain(components) ? [suite] : [];
  });
}

function suitesOfStanzas(content: Uint8Array | undefined): readonly string[] {
  if (content === undefined) return [];
  const found: string[] = [];
  for (const { values } of stanzas(content.subarray(0, limits.releaseFileBytes), [
    'Types',
    'Suites',
    'Components',
    'Enabled',
  ])) {
    const [types, suites = '', components, enabled] = values;
    if (words(types).includes('deb') && hasMain(components) && enabled?.toLowerCase() !== 'no') {
      found.push(...words(suites));
    }
  }
  return found;
}

function hasMain(components: string | undefined): boolean {
  return words(components).includes('main');
}

function words(text: string | undefined): readonly string[] {
  return text?.split(/\s+/).filter((word) => word !== '') ?? [];
}

/** Returns the distribution of a suite. Moving names (`stable`) mean Debian without a release. */
export function distroOfSuite(suite: string): Distro | undefined {
  if (suite === unstable || suite === 'unstable')
    return { id: 'debian', versionCodename: unstable, like: [] };
  if (/^(?:testing|(?:old)*stable)$/.test(suite)) return { id: 'debian', like: [] };
  const release = releaseOf(suite);
  if (release === undefined) return undefined;
  return { id: release.id, versionId: release.versionId, versionCodename: release.codename, like: [] };
}
