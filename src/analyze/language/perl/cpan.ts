import * as z from 'zod/mini';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import {
  inventoryNamespace,
  manifestEvent,
  readJsonManifest,
  type StatedPackage,
} from '../../manifest-lister.ts';
import { deduplicated, type EntryProblem } from '../../package/listing.ts';
import { readPerlLocal } from './perllocal.ts';

const type = 'cpan';
/** The record that `cpanm` writes for each distribution, beside the modules of an architecture: `.meta/JSON-4.10/install.json`. */
const installPath = /^((?:.*\/)?)\.meta\/[^/]+\/install\.json$/;
/** The files of a distribution, by its main module: `auto/JSON/XS/.packlist`. */
const packlistPath = /^((?:.*\/)?)auto\/(.+)\/\.packlist$/;
const localPath = /(?:^|\/)perllocal\.pod$/;

const installSchema = z.object({ name: z.string(), version: z.string(), dist: z.string() });

/** A distribution, and the name of its main module. */
interface Distribution extends StatedPackage {
  readonly module: string;
}

/**
 * Lists distributions of CPAN by what `cpanm` recorded of them, and by the log of other installations. Lists of files have no versions,
 * so they count as read only beside such a record. There are no advisories.
 */
export const cpanLister: PackageLister = {
  name: type,
  version: 2,
  wants: ['**/.meta/*/install.json', '**/perllocal.pod', '**/.packlist'],
  ecosystem: inventoryNamespace(type),
  *list(files: Files) {
    const modules = new Set<string>();
    const logged = loggedVersions(files);
    for (const [path, found] of currentRecords(files, logged)) {
      if (found !== 'no-package' && 'module' in found) modules.add(found.module);
      yield manifestEvent(type, path, found);
    }
    for (const [path, content] of files)
      if (localPath.test(path)) yield* deduplicated(path, listLocal(path, content, modules));
    for (const path of files.keys()) if (isRecorded(path, modules)) yield { kind: 'no-package', path };
  },
};

/** Returns the version of each module that logs name last. */
function loggedVersions(files: Files): ReadonlyMap<string, string | undefined> {
  const logs = [...files].filter(([path]) => localPath.test(path));
  const entries = logs.flatMap(([, content]) => readPerlLocal(content));
  return new Map(entries.map(({ module, version }) => [module, version]));
}

/**
 * Returns what each record of `cpanm` states. It keeps the records of earlier versions of a distribution, and nothing in them says which is
 * the last. That is the one that the log of installations names. If the log names none of them, each counts.
 */
function currentRecords(
  files: Files,
  logged: ReadonlyMap<string, string | undefined>,
): readonly (readonly [path: string, found: Distribution | EntryProblem | 'no-package'])[] {
  const records = [...files].flatMap(([path, content]) => {
    const [, root] = installPath.exec(path) ?? [];
    return root === undefined ? [] : [{ path, root, found: readInstallation(content) }];
  });
  const keyOf = (root: string, module: string, version: string | undefined): string =>
    JSON.stringify([root, module, version]);
  const keys = new Set(
    records.flatMap(({ root, found }) =>
      'module' in found ? [keyOf(root, found.module, found.version)] : [],
    ),
  );
  return records.map(({ path, root, found }) => {
    if (!('module' in found)) return [path, found];
    const last = logged.get(found.module);
    const isReplaced = last !== found.version && keys.has(keyOf(root, found.module, last));
    return [path, isReplaced ? 'no-package' : found];
  });
}

function readInstallation(content: Uint8Array): Distribution | EntryProblem {
  const read = readJsonManifest(content, installSchema);
  if ('problem' in read) return read;
  const { name: module, version, dist } = read.value;
  const ending = `-${version}`;
  return { module, version, name: dist.endsWith(ending) ? dist.slice(0, -ending.length) : distOf(module) };
}

/** Yields the modules of a log besides those that `cpanm` recorded, and adds them to those that are known. */
function* listLocal(path: string, content: Uint8Array, modules: Set<string>): Generator<ListerEvent> {
  let isEmpty = true;
  for (const { module, version = '' } of readPerlLocal(content)) {
    if (modules.has(module)) continue;
    isEmpty = false;
    modules.add(module);
    yield eventOf(path, { name: distOf(module), version });
  }
  if (isEmpty) yield { kind: 'no-package', path };
}

/** CPAN names most distributions after their main module. */
function distOf(module: string): string {
  return module.replaceAll('::', '-');
}

function isRecorded(path: string, modules: ReadonlySet<string>): boolean {
  const [, , directories] = packlistPath.exec(path) ?? [];
  return directories !== undefined && modules.has(directories.replaceAll('/', '::'));
}

function eventOf(path: string, found: StatedPackage | EntryProblem): ListerEvent {
  return manifestEvent(type, path, found);
}
