import * as z from 'zod/mini';
import { baseOf } from '../../../kit/tar/path.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import {
  inventoryNamespace,
  type ManifestContent,
  manifestEvent,
  readJsonManifest,
} from '../../manifest-lister.ts';
import { ArchiveBudget, type ArchiveSelection, filesOfArchive } from '../archive-files.ts';

const type = 'firefox-extension';
const suffix = '.xpi';
/** The manifest at the root of the archive of an extension. */
const manifestName = 'manifest.json';

const application = z.optional(z.object({ gecko: z.optional(z.object({ id: z.optional(z.string()) })) }));

const manifestSchema = z.object({
  manifest_version: z.number(),
  version: z.string(),
  browser_specific_settings: application,
  /** The older name of the member. */
  applications: application,
});

/** Lists extensions of Firefox and Thunderbird by their archives, each by its id. Programs load them from there. There are no advisories. */
export const firefoxLister: PackageLister = {
  name: type,
  version: 1,
  wants: [`**/*${suffix}`],
  ecosystem: inventoryNamespace(type),
  readsEntry: isManifest,
  listEach: () => {
    const budget = new ArchiveBudget();
    return (path, content, load) => listExtension(path, content, { budget, load });
  },
  *list(files: Files) {
    const budget = new ArchiveBudget();
    for (const [path, content] of files) yield* listExtension(path, content, { budget });
  },
};

function isManifest(name: string): boolean {
  return name === manifestName;
}

function* listExtension(
  path: string,
  content: Uint8Array,
  { budget, load }: Pick<ArchiveSelection, 'budget' | 'load'>,
): Generator<ListerEvent> {
  const found = [...filesOfArchive(content, { wants: isManifest, budget, load })];
  // Extensions before 2017 have another manifest.
  if (found.length === 0) yield { kind: 'problem', path, problem: `has no ${manifestName}` };
  for (const file of found)
    yield manifestEvent(type, path, 'problem' in file ? file : readExtension(path, file.content));
}

/** Returns the extension. Without an id in its manifest, the name of the file is the id. */
function readExtension(path: string, content: Uint8Array): Exclude<ManifestContent, undefined> {
  const read = readJsonManifest(content, manifestSchema);
  if ('problem' in read) return read;
  const { version, browser_specific_settings: settings, applications } = read.value;
  const stated = settings?.gecko?.id ?? applications?.gecko?.id;
  return { name: stated ?? baseOf(path).slice(0, -suffix.length), version };
}
