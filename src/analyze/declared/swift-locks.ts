import * as z from 'zod/mini';
import {
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  fromElsewhere,
  readEntries,
} from './declared-format.ts';
import { listSchema, readBlockYaml, readJson } from './documents.ts';

const resolvedSchema = z.object({
  /** Since version 2 of the format. */
  pins: z.optional(listSchema),
  /** Version 1. */
  object: z.optional(z.object({ pins: listSchema })),
});

const pinSchema = z.object({
  location: z.optional(z.string()),
  repositoryURL: z.optional(z.string()),
  identity: z.optional(z.string()),
  state: z.object({
    version: z.nullish(z.string()),
    branch: z.nullish(z.string()),
    revision: z.nullish(z.string()),
  }),
});

/** Resolved packages of Swift, which are repositories. */
export const swiftResolved: DeclaredFormat = {
  name: 'swift-resolved',
  type: 'swift',
  files: ['Package.resolved'],
  *read(content) {
    const { object, pins = object?.pins ?? [] } = readJson(content, resolvedSchema);
    const entries = pins.map((pin, i) => [`pin ${i + 1}`, pin] as const);
    yield* readEntries(entries, pinSchema, pinItems);
  },
};

function* pinItems({
  location,
  repositoryURL,
  identity,
  state,
}: z.output<typeof pinSchema>): Generator<DeclaredItem> {
  const name = repositoryName(location ?? repositoryURL ?? identity ?? '');
  const { version, branch, revision } = state;
  if (version) yield declaredPackage(name, version);
  else yield fromElsewhere(name, branch ?? revision ?? 'a repository');
}

/** Returns the host and path of a repository, which a purl names as well. */
function repositoryName(url: string): string {
  return url
    .replace(/^[a-z]+:\/\/(?:[^@/]*@)?/i, '')
    .replace(/^git@([^:/]+):/, '$1/')
    .replace(/\/$/, '')
    .replace(/\.git$/, '');
}

/** A pod: `Name (1.0.0)`, or with its dependencies. */
const podSchema = z.object({ PODS: z.optional(listSchema) });

/** Lock files of CocoaPods. */
export const podfileLock: DeclaredFormat = {
  name: 'podfile-lock',
  type: 'cocoapods',
  files: ['Podfile.lock'],
  *read(content) {
    for (const { PODS: pods = [] } of readBlockYaml(content, podSchema)) {
      const entries = pods.map((pod, i) => [`pod ${i + 1}`, nameOfPod(pod)] as const);
      yield* readEntries(entries, z.string(), podItems);
    }
  },
};

function nameOfPod(pod: unknown): unknown {
  return typeof pod === 'object' && pod !== null ? Object.keys(pod)[0] : pod;
}

/** A part of a pod, `Name/Part (1.0.0)`, has the version of the pod. */
function* podItems(pod: string): Generator<DeclaredItem> {
  const [, name, version] = /^([^\s/()]+)(?:\/[^()]*)? \(([^\s()]+)\)$/.exec(pod) ?? [];
  if (name !== undefined && version !== undefined) yield declaredPackage(name, version);
  else yield { kind: 'problem', problem: 'has a pod without a version' };
}
