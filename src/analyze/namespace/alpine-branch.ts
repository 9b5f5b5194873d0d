import type { Files, PathPattern } from '../../plugin/layer-files.ts';
import { releaseLines } from './release-text.ts';

/** The file with the package repositories of apk. */
export const repositoriesFile: PathPattern = 'etc/apk/repositories';

const mainRepository = /^(?:https?|ftp):\/\/\S+\/(?:v(\d{1,4}\.\d{1,4})|(edge))\/main\/?$/;

/**
 * Returns the version of an Alpine system: the version of its release file, or else the branch (`3.20`, `edge`) of its
 * repositories if that differs. Only untagged main repositories count. A repository with a `@tag` serves only packages
 * that request it, and `edge/testing` beside a stable main is an addition to that release.
 */
export function alpineVersion(files: Files, stated: string): string {
  const branch = branchOf(stated);
  const configured = releaseLines(files, repositoriesFile)
    .map((line) => mainRepository.exec(line))
    .flatMap((match) => match?.[1] ?? match?.[2] ?? [])
    .sort(byBranch)
    .at(-1);
  return configured === undefined || configured === branch ? stated : configured;
}

function branchOf(version: string): string {
  if (version.includes('_alpha')) return 'edge';
  return /^\d+\.\d+/.exec(version)?.[0] ?? version;
}

function byBranch(a: string, b: string): number {
  if (a === 'edge' || b === 'edge') return Number(a === 'edge') - Number(b === 'edge');
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA - majorB || minorA - minorB;
}
