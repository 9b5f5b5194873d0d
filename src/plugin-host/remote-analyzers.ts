import * as z from 'zod/mini';
import { limits } from '../kit/limits.ts';
import type { Distro } from '../model/distro.ts';
import type { RemoteDetector } from '../plugin/namespace-detector.ts';
import type { Listed, RemoteLister } from '../plugin/package-lister.ts';
import type { AnalyzerDescription } from './description.ts';
import type { PluginThread } from './plugin-thread.ts';

/** The detectors and listers of plugins. */
export interface RemoteAnalyzers {
  readonly detectors: readonly RemoteDetector[];
  readonly listers: readonly RemoteLister[];
}

/** Detectors and listers that work on the thread of the plugins. What they tell is checked as everything that comes from outside. */
export function remoteAnalyzers(
  descriptions: readonly AnalyzerDescription[],
  thread: PluginThread,
): RemoteAnalyzers {
  const detectors = descriptions.filter(({ kind }) => kind === 'detector');
  const listers = descriptions.filter(({ kind }) => kind === 'lister');
  return {
    detectors: detectors.map((one) => ({
      ...one,
      detectRemotely: async (files) => distroOf(await thread.ask(one, files)),
    })),
    listers: listers.map((one) => ({
      ...one,
      listRemotely: async (files) => listedOf(await thread.ask(one, files)),
    })),
  };
}

/** One word of printable ASCII, as names and versions are. */
const word = z.string().check(z.regex(/^[!-~]{1,512}$/, 'is no word of printable ASCII'));
const path = z.string().check(z.maxLength(limits.pathBytes), z.regex(/^\P{Cc}*$/u, 'has control characters'));
const line = z.string().check(z.maxLength(1000), z.regex(/^\P{Cc}*$/u, 'has control characters'));

const distro = z.strictObject({
  id: word,
  versionId: z.optional(word),
  versionCodename: z.optional(word),
  prettyName: z.optional(line),
  like: z._default(z.array(word), []),
  supportEnd: z.optional(z.iso.date()),
});

const listed = z.union([
  z.strictObject({
    path,
    package: z.strictObject({
      type: word,
      name: word,
      version: word,
      arch: z.optional(word),
      source: z.optional(z.strictObject({ name: word, version: word })),
      vendor: z.optional(line),
      licence: z.optional(line),
    }),
  }),
  z.strictObject({ path, problem: line }),
  z.strictObject({ path, owner: word, files: z.array(path).check(z.maxLength(limits.ownedFilesPerLayer)) }),
]);

function distroOf(told: unknown): Distro | undefined {
  if (told === undefined) return undefined;
  const { success, data, error } = distro.safeParse(told);
  if (!success) throw new Error(`it told of a distribution that is none: ${z.prettifyError(error)}`);
  return data as Distro;
}

/** What is not as it has to be costs its own place in the list, and is told. */
function listedOf(told: unknown): readonly Listed[] {
  if (!Array.isArray(told)) throw new Error('it listed nothing that could be read');
  const many = told.length > limits.packagesPerFile;
  const items = told.slice(0, limits.packagesPerFile).map((item: unknown, i) => checked(item, i));
  const rest = `told of more than ${limits.packagesPerFile} things; the rest was not taken`;
  return many ? [...items, { path: '', problem: rest }] : items;
}

function checked(item: unknown, place: number): Listed {
  const { success, data, error } = listed.safeParse(item);
  if (success) return data as Listed;
  const why = z.prettifyError(error).replace(/\s+/g, ' ').slice(0, 300);
  return { path: '', problem: `the lister told of something that is nothing (${place}): ${why}` };
}
