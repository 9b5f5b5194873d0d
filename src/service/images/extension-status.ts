import type { SquashedImage } from '../../match/squash.ts';
import { isUnreadablePart } from '../../match/verdict.ts';
import type { Digest } from '../../model/digest.ts';
import { compareText } from '../../model/order.ts';
import type { ExtensionStatus } from '../../model/report.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { ImageIndex } from '../../store/image-store.ts';

/** Pseudo-extension in statuses. It lists the advisories that could not be compared with an installed version. */
export const versionOrder = 'version-order';

/**
 * Returns the status of each extension for an image, with the files that it read and their problems. Files at any depth are named only if
 * they have problems, since the packages name them.
 */
export function statusesOf(
  squashed: Pick<SquashedImage, 'packages' | 'problems'>,
  extensions: Pick<Extensions, 'listers'>,
  diffIds: readonly (Digest | null)[],
): ExtensionStatus[] {
  const read = filesRead(squashed).map((file) => ({ ...file, problem: null }));
  const problems = squashed.problems.map(({ extension, path, layer, message }) => ({
    extension,
    path,
    layer,
    problem: message,
  }));
  const readers = new Set(squashed.packages.map(({ lister }) => lister));
  const byExtension = Map.groupBy([...read, ...problems], ({ extension }) => extension);
  const names = new Set([...extensions.listers.map(({ name }) => name), ...byExtension.keys()]);
  return [...names].sort(compareText).flatMap((extension) => {
    const files = byExtension.get(extension) ?? [];
    const hasRead = readers.has(extension) || files.some(({ problem }) => problem === null);
    if (files.length === 0 && !hasRead) return [];
    const hasProblem = files.some(({ problem }) => problem !== null);
    const status = !hasProblem ? 'succeeded' : hasRead ? 'partly-failed' : 'failed';
    const withDiffIds = files.map(({ path, layer, problem }) => ({
      path,
      layer: diffIds[layer] ?? null,
      problem,
    }));
    return [{ extension, status, files: distinct(withDiffIds) } as const];
  });
}

/** Returns the parts of an image that could not be read. Nothing if there are none. */
export function unreadPartsOf(problems: SquashedImage['problems']): Pick<ImageIndex, 'unread'> {
  const unread = problems
    .filter(isUnreadablePart)
    .map(({ extension, path, message }) => ({ extension, path, message }));
  return unread.length === 0 ? {} : { unread };
}

/** Returns each package database that packages were listed from, once. */
function filesRead({
  packages,
}: Pick<SquashedImage, 'packages'>): { extension: string; path: string; layer: number }[] {
  const files = new Map<string, { extension: string; path: string; layer: number }>();
  for (const { lister, path, layer, locations } of packages)
    if (locations === undefined) files.set(`${lister}\n${path}`, { extension: lister, path, layer });
  return [...files.values()];
}

/** Returns each file once for each problem of it. */
function distinct(files: ExtensionStatus['files']): ExtensionStatus['files'] {
  const byFile = new Map(files.map((file) => [`${file.path}\n${file.problem ?? ''}`, file]));
  return [...byFile.values()].sort(
    (a, b) => compareText(a.path, b.path) || compareText(a.problem ?? '', b.problem ?? ''),
  );
}
