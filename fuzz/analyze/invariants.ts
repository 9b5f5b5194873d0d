import { ClairError } from '../../src/core/errors.ts';
import { limits } from '../../src/core/limits.ts';
import type { CollectedLayer } from '../../src/image/layer/collector.ts';
import type { ListedPackage } from '../../src/model/package.ts';
import { isPackageHash } from '../../src/model/package-hash.ts';
import type { Files } from '../../src/plugin/layer-files.ts';
import type { ListerEvent, ListerEventOf, PackageLister } from '../../src/plugin/package-lister.ts';

/** Thrown if the program violates an invariant. */
export class InvariantViolation extends Error {
  override readonly name = 'Broken';
}

const word = /^[!-~]{1,512}$/;
const controls = /\p{Cc}/u;
const textLengthMax = 8192;

/** Runs a lister, which must not throw, and checks its results. */
export function checkLister(lister: PackageLister, files: Files): void {
  const problems = new Map<string, number>();
  const packages = new Map<string, number>();
  for (const item of lister.list(files)) {
    if (!files.has(item.path))
      throw new InvariantViolation(`listed at ${item.path}, which is not a file of the layer`);
    if (item.kind === 'problem') {
      checkText('a problem', item.problem);
      // Plus one problem for the omitted problems, and one for omitted owned files.
      count(problems, item.path, limits.problemsPerFile + 2, 'problems');
    } else if (item.kind === 'package') {
      checkPackage(item.package);
      count(packages, item.path, limits.packagesPerFile, 'packages');
    } else checkRest(item);
  }
}

function count(counts: Map<string, number>, path: string, most: number, what: string): void {
  const value = (counts.get(path) ?? 0) + 1;
  counts.set(path, value);
  if (value > most) throw new InvariantViolation(`more than ${most} ${what} of one file`);
}

function checkPackage({ name, version, source, functions, hashes = [], ...others }: ListedPackage): void {
  if (!hashes.every(isPackageHash)) throw new InvariantViolation('a package has an invalid hash');
  if (hashes.join() !== [...new Set(hashes)].sort().join())
    throw new InvariantViolation('the hashes of a package are not sorted, or repeated');
  for (const text of [name, version, source?.name ?? 'x', source?.version ?? 'x'])
    if (!word.test(text)) throw new InvariantViolation('a package has an invalid name or version');
  for (const [field, text] of Object.entries(others))
    if (typeof text === 'string') checkText(`${field} of a package`, text);
}

function checkRest(item: Exclude<ListerEvent, ListerEventOf<'package' | 'problem'>>): void {
  if (item.kind === 'owned-files') {
    if (!word.test(item.owner)) throw new InvariantViolation('the owner of files has an invalid name');
    for (const file of item.files) checkPath(file);
  } else if (item.kind === 'diversion') {
    checkPath(item.diversion.from);
    checkPath(item.diversion.to);
  } else if (item.kind === 'read-with') checkPath(item.readWith);
  else if (item.kind === 'repositories')
    for (const name of item.repositories)
      if (!word.test(name)) throw new InvariantViolation('a repository has an invalid name');
}

/** Checks a text for reports: limited length, no control characters. */
export function checkText(what: string, text: string): void {
  if (controls.test(text)) throw new InvariantViolation(`${what} has control characters`);
  if (text.length > textLengthMax)
    throw new InvariantViolation(`${what} is longer than ${textLengthMax} characters`);
}

/** Checks a path of an image: inside the image, and normalized. */
export function checkPath(path: string): void {
  const isClean = path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!isClean && path !== '') throw new InvariantViolation('a path is not clean');
}

/** Checks the collected content of a layer. */
export function checkCollected({ whiteouts, opaques, nodes, files, remarks }: CollectedLayer): void {
  for (const path of [...whiteouts, ...opaques, ...files.keys()]) checkPath(path);
  for (const { path } of nodes) checkPath(path);
  const kinds = new Map(nodes.map(({ path, kind }) => [path, kind]));
  for (const path of files.keys())
    if (kinds.get(path) !== 'file')
      throw new InvariantViolation('content was kept for a path that is not a file');
  if (remarks.length > limits.remarks) throw new InvariantViolation('more remarks than the limit');
  if (keptBytes(files) > limits.keptLayerBytes)
    throw new InvariantViolation('more bytes were kept than the limit');
}

/** Returns the total size of all kept files in bytes. */
export function keptBytes(files: Files): number {
  return [...files.values()].reduce((sum, content) => sum + content.length, 0);
}

/** Accepts an expected failure. Throws errors that only a bug can cause, even if they have the code of an expected failure. */
export function assertExpectedError(
  error: unknown,
  ...others: readonly (abstract new (
    ...given: never[]
  ) => Error)[]
): string {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (
      cause instanceof TypeError ||
      cause instanceof RangeError ||
      cause instanceof ReferenceError ||
      cause instanceof InvariantViolation
    )
      throw cause;
  }
  if (error instanceof ClairError || others.some((kind) => error instanceof kind)) return String(error);
  throw error;
}
