import * as z from 'zod/mini';
import { quoteUntrusted } from '../../kit/untrusted-text.ts';
import { type DeclaredFormat, type DeclaredItem, declaredPackage, readEntries } from './declared-format.ts';
import { listSchema, readJson, tableSchema } from './documents.ts';

const lockSchema = z.object({
  /** Before version 0.5 of the format. */
  graph_lock: z.optional(z.object({ nodes: tableSchema })),
  requires: z.optional(listSchema),
  build_requires: z.optional(listSchema),
  python_requires: z.optional(listSchema),
});

const nodeSchema = z.object({
  ref: z.nullish(z.string()),
  pref: z.nullish(z.string()),
  /** The recipe of the project itself. */
  path: z.nullish(z.string()),
});

/** Lock files of Conan. */
export const conanLock: DeclaredFormat = {
  name: 'conan-lock',
  type: 'conan',
  files: ['conan.lock'],
  *read(content) {
    const lock = readJson(content, lockSchema);
    yield* readEntries(
      Object.entries(lock.graph_lock?.nodes ?? {}),
      nodeSchema,
      function* ({ ref, pref, path }) {
        const reference = ref ?? pref;
        if (reference && !path) yield referenceItem(reference);
      },
    );
    const references = [lock.requires, lock.build_requires, lock.python_requires].flatMap(
      (list) => list ?? [],
    );
    yield* readEntries(
      references.map((reference, i) => [`reference ${i + 1}`, reference] as const),
      z.string(),
      function* (reference) {
        yield referenceItem(reference);
      },
    );
  },
};

/** Parses `name/1.0.0@user/channel#revision%time`. */
function referenceItem(reference: string): DeclaredItem {
  const [, name, version] = /^([^/@#:%]+)\/([^/@#:%]+)/.exec(reference) ?? [];
  if (name !== undefined && version !== undefined) return declaredPackage(name, version);
  return { kind: 'problem', problem: `has a reference without a name: ${quoteUntrusted(reference)}` };
}
