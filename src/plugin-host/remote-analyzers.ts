import * as z from 'zod/mini';
import { messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { parseBySchema } from '../kit/json/json-document.ts';
import type { Distro } from '../model/distro.ts';
import { type ListedPackage, packageEvidences, packageOrigins } from '../model/package.ts';
import { isPackageHash, type PackageHash } from '../model/package-hash.ts';
import type { RemoteDetector, RemoteLister } from '../plugin/extensions.ts';
import type { ListerEvent, ListerEventOf } from '../plugin/package-lister.ts';
import type { AnalyzerDescription } from './analyzer-description.ts';
import { type Fields, schemaByKind } from './contract-schema.ts';
import type { PluginThread } from './plugin-thread.ts';

/** The detectors and listers of plugins, which run on the plugin thread. */
export interface RemoteAnalyzers {
  readonly detectors: readonly RemoteDetector[];
  readonly listers: readonly RemoteLister[];
}

/** Returns detectors and listers that run on the plugin thread. Their results are validated as untrusted input. */
export function remoteAnalyzers(
  descriptions: readonly AnalyzerDescription[],
  thread: PluginThread,
): RemoteAnalyzers {
  const detectors = descriptions.filter(({ kind }) => kind === 'detector');
  const listers = descriptions.filter(({ kind }) => kind === 'lister');
  return {
    detectors: detectors.map((one) => ({
      ...one,
      detectRemotely: async (files) => toDistro(await thread.analyze(one, files)),
    })),
    listers: listers.map((one) => ({
      ...one,
      listRemotely: async (files) => toListerEvents(await thread.analyze(one, files)),
      listProgramRemotely: async (path, parts) =>
        toListerEvents(await thread.analyze(one, new Map(), { path, parts })),
    })),
  };
}

/** Printable ASCII without spaces, 1 to 512 characters: names and versions. */
const word = z.string().check(z.regex(/^[!-~]{1,512}$/, 'not one word of printable ASCII'));
const path = z
  .string()
  .check(z.maxLength(limits.pathBytes), z.regex(/^\P{Cc}*$/u, 'it has control characters'));
const line = z.string().check(z.maxLength(1000), z.regex(/^\P{Cc}*$/u, 'it has control characters'));

const distro = z.strictObject({
  id: word,
  versionId: z.optional(word),
  versionCodename: z.optional(word),
  prettyName: z.optional(line),
  like: z._default(z.array(word), []),
  supportEnd: z.optional(z.iso.date()),
} satisfies Fields<Omit<Distro, 'source'>>);

const names = z.array(word).check(z.maxLength(limits.packagesPerFile));

const packageHash = z.custom<PackageHash>((text) => typeof text === 'string' && isPackageHash(text));

const listedPackage = z.strictObject({
  type: word,
  name: word,
  version: word,
  arch: z.optional(word),
  source: z.optional(z.strictObject({ name: word, version: word })),
  modularity: z.optional(word),
  vendor: z.optional(line),
  licence: z.optional(line),
  supplier: z.optional(line),
  licenses: z.optional(z.array(line).check(z.maxLength(limits.licensesPerPackage))),
  hashes: z.optional(z.array(packageHash).check(z.maxLength(limits.hashesPerPackage))),
  requires: z.optional(names),
  provides: z.optional(names),
  evidence: z.optional(z.enum(packageEvidences)),
  parent: z.optional(z.strictObject({ name: word, version: z.optional(word) })),
  replaces: z.optional(z.strictObject({ name: word, version: word })),
  origin: z.optional(z.enum(packageOrigins)),
  proof: z.optional(line),
  remarks: z.optional(z.array(line).check(z.maxLength(limits.packageRemarks))),
  functions: z.optional(z.base64().check(z.maxLength(limits.functionCharactersPerLayer))),
  archivePath: z.optional(path),
  codePaths: z.optional(z.array(path).check(z.maxLength(limits.codePathsPerPackage))),
} satisfies Fields<ListedPackage>);

const listerEvent = schemaByKind<ListerEvent>({
  package: z.strictObject({
    kind: z.literal('package'),
    path,
    package: listedPackage,
  } satisfies Fields<ListerEventOf<'package'>>),
  problem: z.strictObject({
    kind: z.literal('problem'),
    path,
    problem: line,
    lacks: z.optional(z.literal('version')),
  } satisfies Fields<ListerEventOf<'problem'>>),
  'no-package': z.strictObject({
    kind: z.literal('no-package'),
    path,
  } satisfies Fields<ListerEventOf<'no-package'>>),
  'read-with': z.strictObject({
    kind: z.literal('read-with'),
    path,
    readWith: path,
  } satisfies Fields<ListerEventOf<'read-with'>>),
  'owned-files': z.strictObject({
    kind: z.literal('owned-files'),
    path,
    owner: word,
    files: z.array(path).check(z.maxLength(limits.ownedFilesPerLayer)),
  } satisfies Fields<ListerEventOf<'owned-files'>>),
  diversion: z.strictObject({
    kind: z.literal('diversion'),
    path,
    diversion: z.strictObject({ from: path, to: path, by: path }),
  } satisfies Fields<ListerEventOf<'diversion'>>),
  repositories: z.strictObject({
    kind: z.literal('repositories'),
    path,
    repositories: z.array(word).check(z.maxLength(limits.contentSets)),
  } satisfies Fields<ListerEventOf<'repositories'>>),
});

function toDistro(result: unknown): Distro | undefined {
  if (result === undefined) return undefined;
  return parseBySchema(
    distro,
    result,
    ({ fault }) => new Error(`the detected distribution ${fault}`),
  ) as Distro;
}

/** Validates the events of a lister. A problem replaces each malformed event. */
function toListerEvents(result: unknown): readonly ListerEvent[] {
  if (!Array.isArray(result)) throw new Error('it did not return a list');
  const isTruncated = result.length > limits.packagesPerFile;
  const items = result.slice(0, limits.packagesPerFile).map((item: unknown, i) => toListerEvent(item, i));
  const truncation = `lists more than ${limits.packagesPerFile} items; the rest is ignored`;
  return isTruncated ? [...items, { kind: 'problem', path: '', problem: truncation }] : items;
}

function toListerEvent(item: unknown, index: number): ListerEvent {
  try {
    return parseBySchema(listerEvent, item, ({ fault }) => new Error(fault)) as ListerEvent;
  } catch (error) {
    return { kind: 'problem', path: '', problem: `listed item ${index + 1} ${messageOf(error)}` };
  }
}
