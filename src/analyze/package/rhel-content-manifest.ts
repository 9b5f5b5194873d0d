import * as z from 'zod/mini';
import { limits } from '../../core/limits.ts';
import { bufferView } from '../../kit/bytes/bytes.ts';
import { parseJson } from '../../kit/json/json-document.ts';
import type { Files } from '../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../plugin/package-lister.ts';
import { deduplicated, isWord } from './listing.ts';
import { readDnfHistory } from './rpm/dnf-history.ts';
import { orphanedWal, walPath } from './rpm/sqlite-side-files.ts';

/** Directories in which Red Hat's builds put the manifests of a layer; the last is that of ostree systems. */
const directories = [
  'root/buildinfo/content_manifests',
  'usr/share/buildinfo/content_manifests',
  'usr/share/buildinfo',
];
/** A file beside the manifests in the last directory, with other data. */
const labelsFile = 'labels.json';
/** Histories of dnf 4 and microdnf, and of dnf 5. */
const histories = ['var/lib/dnf/history.sqlite', 'usr/lib/sysimage/libdnf5/transaction_history.sqlite'];

const manifestSchema = z.object({
  content_sets: z.custom<readonly string[]>(isListOfWords),
  from_dnf_hint: z.optional(z.boolean()),
});

/** Checks the whole list at once: a schema of its items would report each of millions of invalid ones. */
function isListOfWords(list: unknown): boolean {
  return (
    Array.isArray(list) &&
    list.length <= limits.contentSets &&
    list.every((item) => typeof item === 'string' && isWord(item))
  );
}

/**
 * Reports the repositories of the packages of a layer: the content sets of a manifest, or those in the history of dnf.
 * A manifest with `from_dnf_hint` lists what a build was allowed to use, so the history is preferred, and the manifest
 * is used only without one. With a manifest without the hint, the history names repositories of the build system and is
 * ignored.
 */
export const rhelContentManifest: PackageLister = {
  name: 'rhel-content-manifest',
  version: 2,
  wants: [
    ...directories.map((directory) => `${directory}/*.json`),
    ...histories.flatMap((path) => [path, walPath(path)]),
  ],
  *list(files: Files) {
    const manifests = [...files].flatMap(([path, content]) =>
      isManifest(path) ? { path, ...read(content) } : [],
    );
    const isDecided = manifests.some(({ sets, isHint }) => sets.length > 0 && !isHint);
    const fromHistory = isDecided ? [] : histories.flatMap((path) => [...listHistory(path, files)]);
    yield* fromHistory;
    const isInHistory = fromHistory.some((item) => item.kind === 'repositories');
    for (const { path, sets, isHint, problem } of manifests) {
      if (problem !== undefined) yield { kind: 'problem', path, problem };
      else if (sets.length > 0 && !(isHint && isInHistory))
        yield { kind: 'repositories', path, repositories: sets };
    }
  },
};

function isManifest(path: string): boolean {
  return path.endsWith('.json') && !path.endsWith(`/${labelsFile}`);
}

interface Manifest {
  readonly sets: readonly string[];
  readonly isHint: boolean;
  readonly problem?: string;
}

function read(content: Uint8Array): Manifest {
  const nothing = { sets: [], isHint: false };
  if (content.length > limits.manifestBytes)
    return { ...nothing, problem: `is longer than ${limits.manifestBytes} bytes` };
  try {
    const json = parseJson(bufferView(content), (fault) => new Error(fault));
    const { content_sets: sets, from_dnf_hint: isHint = false } = manifestSchema.parse(json);
    return { sets: [...new Set(sets)], isHint };
  } catch {
    return { ...nothing, problem: 'is not a content manifest; the repositories of this layer are unknown' };
  }
}

function* listHistory(path: string, files: Files): Generator<ListerEvent> {
  const content = files.get(path);
  if (content === undefined || content.length === 0) {
    yield* orphanedWal(path, files);
    return;
  }
  const { repositories, problems } = readDnfHistory(content, files.get(walPath(path)));
  yield* deduplicated(
    path,
    problems.map((problem) => ({ kind: 'problem', path, problem })),
  );
  if (repositories.length > 0) yield { kind: 'repositories', path, repositories };
}
