import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { sourceRefusedError } from './source-policy.ts';

/** An allowed directory, as configured and as the file system resolves it. */
interface Root {
  readonly listed: string;
  readonly real: string;
}

/** A place on the path, and the steps that remain. */
interface Walk {
  readonly place: string;
  readonly steps: readonly string[];
  /** Whether a link led to this place. */
  readonly isByLink?: boolean;
}

/**
 * Resolves all links of a path. Throws `source-refused` if it leaves the directories. The check follows each step and reads nothing
 * outside. So the result for an outside path does not reveal what exists there.
 */
export function resolveWithin(path: string, directories: readonly string[]): string {
  const roots = directories.map((directory) => ({ listed: resolve(directory), real: realPathOf(directory) }));
  let walk = startWalk(path.startsWith('/') ? path : `${process.cwd()}/${path}`, roots);
  let links = 0;
  while (walk !== undefined && walk.steps.length > 0) {
    const next: Walk | undefined = takeStep(walk, roots);
    if (next?.isByLink === true && ++links > limits.linkDepth)
      throw new ClairError('layer-not-found', 'it has too many links');
    walk = next;
  }
  if (walk === undefined) throw sourceRefusedError(path);
  return walk.place;
}

/** Takes one step of a walk. Returns undefined if it leads out. */
function takeStep({ place, steps: [step = '', ...further] }: Walk, roots: readonly Root[]): Walk | undefined {
  const next = resolve(place, step);
  if (!roots.some(({ real }) => isWithin(next, real))) return undefined;
  const target = asLayerNotFound(() => (lstatSync(next).isSymbolicLink() ? readlinkSync(next) : undefined));
  if (target === undefined) return { place: next, steps: further };
  const led = target.startsWith('/') ? startWalk(target, roots) : { place, steps: partsOf(target) };
  return led && { place: led.place, steps: [...led.steps, ...further], isByLink: true };
}

/** Starts a walk in one of the directories. Does not normalize the path, since `a/../b` differs from `b` if `a` is a link. */
function startWalk(path: string, roots: readonly Root[]): Walk | undefined {
  for (const { listed, real } of roots) {
    const name = [listed, real].find((directory) => isWithin(path, directory));
    if (name !== undefined) return { place: real, steps: partsOf(path.slice(name.length)) };
  }
  return undefined;
}

function realPathOf(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return resolve(directory);
  }
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** Runs a step of opening a layer file, and turns errors of the system into `layer-not-found`. */
export function asLayerNotFound<T>(look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw new ClairError('layer-not-found', `it cannot be opened: ${messageOf(error)}`, { cause: error });
  }
}
