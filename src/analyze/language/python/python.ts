import { namespaceOfEcosystem } from '../../../model/namespace.ts';
import type { ParentPackage } from '../../../model/package.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { DependencyBudget } from '../../package/dependency-names.ts';
import { deduplicated } from '../../package/listing.ts';
import { ArchiveBudget } from '../archive-files.ts';
import {
  isMetadataEntry,
  isPythonArchive,
  listPythonArchive,
  type PythonBudgets,
  pythonArchives,
} from './archives.ts';
import { type Distribution, distributionKey, eventOf, installedByRoot } from './distribution.ts';
import { distributionPath, isDormantPath } from './distribution-path.ts';
import { readMetadata } from './metadata.ts';
import { codePathsIn, recordBeside, usualCodePaths } from './record.ts';
import { readVendorList, rootOfVendorList } from './vendor-list.ts';

/**
 * Lists Python distributions by their metadata: wheels, eggs, and copies inside of other distributions. Distributions in caches are
 * dormant. Requirement and lock files are no evidence.
 */
export const pythonLister: PackageLister = {
  name: 'pypi',
  version: 4,
  wants: [
    '**/*.dist-info/METADATA',
    '**/*.dist-info/RECORD',
    '**/*.egg-info/PKG-INFO',
    '**/*.egg-info/METADATA',
    '**/*.egg-info',
    '**/*.egg/EGG-INFO/PKG-INFO',
    '**/pip/_vendor/vendor.txt',
    ...pythonArchives,
  ],
  ecosystem: namespaceOfEcosystem('pypi'),
  largeFiles: pythonArchives,
  readsEntry: isMetadataEntry,
  listEach: () => {
    const budgets = newBudgets();
    return (path, content, load) => listPythonArchive(path, content, { ...budgets, load });
  },
  *list(files: Files) {
    const budgets = newBudgets();
    const distributions = [...files].flatMap(([path, content]) => readFile(path, content, budgets));
    const installed = installedByRoot(distributions);
    for (const found of distributions) yield withCodePaths(eventOf(found, installed), found, files);
    for (const [path, content] of files) {
      const root = rootOfVendorList(path);
      if (root !== undefined)
        yield* deduplicated(path, listVendored(path, content, installed.get(distributionKey(root, 'pip'))));
      else if (isPythonArchive(path)) yield* listPythonArchive(path, content, budgets);
    }
  },
};

function newBudgets(): PythonBudgets {
  return { archives: new ArchiveBudget(), names: new DependencyBudget() };
}

function readFile(path: string, content: Uint8Array, { names }: PythonBudgets): Distribution[] {
  const place = distributionPath(path);
  return place === undefined ? [] : [{ path, place, content: readMetadata(content, names) }];
}

/** Adds the code of an installed distribution, as the list of its files and its name state it. */
function withCodePaths(event: ListerEvent, { place }: Distribution, files: Files): ListerEvent {
  if (event.kind !== 'package' || event.package.evidence !== 'installed') return event;
  const record = files.get(recordBeside(event.path));
  const stated = record && codePathsIn(record, place.root);
  if (stated === undefined) return event;
  const codePaths = [...new Set([...stated, ...usualCodePaths(event.package.name, place.root)])];
  return { ...event, package: { ...event.package, codePaths } };
}

function* listVendored(
  path: string,
  content: Uint8Array,
  parent: ParentPackage | undefined,
): Generator<ListerEvent> {
  const evidence = isDormantPath(path) ? 'dormant' : 'vendored';
  for (const item of readVendorList(content)) {
    if ('problem' in item) yield { kind: 'problem', path, ...item };
    else
      yield {
        kind: 'package',
        path,
        package: { ...item, evidence, ...(parent !== undefined && { parent }) },
      };
  }
}
