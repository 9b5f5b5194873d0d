import { builtIn } from '../../../src/extensions.ts';
import type { PackageLister } from '../../../src/plugin/package-lister.ts';
import { exportsOf, hasMembers } from '../../exports.ts';
import { listerOfParts } from '../../program-lister.ts';
import { checkLister } from '../invariants.ts';
import type { ListerFormat, ListerTargets } from '../lister-targets.ts';
import { concrete, type Target } from './target.ts';

/** Returns a target for each format of each lister, from the files in `lister/`. */
export async function readListerTargets(): Promise<Target[]> {
  const directory = new URL('../lister/', import.meta.url);
  const formats = await exportsOf({ directory, name: 'targets', isUsable });
  const known = new Set(builtIn.listers.map(({ name }) => name));
  for (const name of formats.keys())
    if (!known.has(name)) throw new Error(`fuzz/analyze/lister/${name}.ts: there is no lister ${name}`);
  return builtIn.listers.flatMap((lister) => {
    const targets = formats.get(lister.name);
    if (targets === undefined)
      throw new Error(`the lister ${lister.name} has no fuzz/analyze/lister/${lister.name}.ts`);
    return Object.entries(targets).map(([name, format]) => target(name, lister, format));
  });
}

function isUsable(value: unknown): value is ListerTargets {
  const formats = typeof value === 'object' && value !== null ? Object.values(value) : [];
  return formats.length > 0 && formats.every((format) => hasMembers(format, ['seeds', 'mutations']));
}

function target(name: string, listed: PackageLister, { seeds, mutations }: ListerFormat): Target {
  const lister = listerOfParts(listed);
  const paths = [
    ...new Set([...seeds().flatMap((input) => [...input.keys()]), ...lister.wants.map(concrete)]),
  ];
  return {
    name,
    paths,
    seeds,
    mutations,
    run: (input) => {
      checkLister(lister, input);
    },
  };
}
