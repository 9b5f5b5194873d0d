import * as z from 'zod/mini';
import {
  DeclaredFileError,
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  readEntries,
} from './declared-format.ts';
import { listSchema, readBlockYaml, textLines } from './documents.ts';

/** Frozen constraints of Cabal: `any.name ==1.0`. Flags and packages of the compiler have no version there. */
export const cabalFreeze: DeclaredFormat = {
  name: 'cabal-freeze',
  type: 'hackage',
  files: ['cabal.project.freeze'],
  *read(content) {
    let hasField = false;
    for (const line of textLines(content)) {
      hasField ||= /^[\w-]+:/.test(line);
      const [, name, version] =
        /(?:^|[\s,])(?:any\.)?([A-Za-z0-9][\w-]*) ==\s?([\d.]+)(?:\s*,|\s*$)/.exec(line) ?? [];
      if (name !== undefined && version !== undefined) yield declaredPackage(name, version);
    }
    if (!hasField) throw new DeclaredFileError('is not a list of frozen constraints');
  },
};

const stackSchema = z.object({ packages: z.optional(z.union([listSchema, z.literal('')])) });

const completedSchema = z.object({
  completed: z.object({
    hackage: z.optional(z.string()),
    name: z.optional(z.string()),
    version: z.optional(z.string()),
  }),
});

/** Lock files of Stack, which list the packages beyond its snapshot. */
export const stackLock: DeclaredFormat = {
  name: 'stack-lock',
  type: 'hackage',
  files: ['stack.yaml.lock'],
  *read(content) {
    for (const { packages = [] } of readBlockYaml(content, stackSchema)) {
      const entries = (packages === '' ? [] : packages).map(
        (entry, i) => [`package ${i + 1}`, entry] as const,
      );
      yield* readEntries(entries, completedSchema, completedItems);
    }
  },
};

function* completedItems({ completed }: z.output<typeof completedSchema>): Generator<DeclaredItem> {
  const { hackage = '', name, version } = completed;
  const [, hackageName, hackageVersion] = /^([\w-]+)-([\d.]+)(?:@|$)/.exec(hackage) ?? [];
  const [packageName, packageVersion] = [hackageName ?? name, hackageVersion ?? version];
  if (packageName !== undefined && packageVersion !== undefined)
    yield declaredPackage(packageName, packageVersion);
  else yield { kind: 'problem', problem: 'has a package without a name and version' };
}
