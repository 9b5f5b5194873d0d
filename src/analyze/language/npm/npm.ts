import { namespaceOfEcosystem } from '../../../model/namespace.ts';
import type { ListedPackage } from '../../../model/package.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { DependencyBudget } from '../../package/dependency-names.ts';
import { ArchiveBudget } from '../archive-files.ts';
import { readPackage, versionIn } from './manifest.ts';
import { bundlerOf, isFixture, isInCache, manifestsOfDeno, manifestsOfPackages } from './package-root.ts';
import {
  isManifestEntry,
  isPnpFile,
  listYarnArchive,
  namesReadCachesOnly,
  pnpFiles,
  yarnArchives,
} from './yarn-cache.ts';

/**
 * Lists npm packages by the manifests at the roots of packages: one name, or a scope and a name, below the last `node_modules`. The
 * manifest names the package, since the directory of an alias has another name. Also lists the cache of Deno, and the archives in
 * caches of Yarn.
 */
export const npmLister: PackageLister = {
  name: 'npm',
  version: 5,
  wants: [...manifestsOfPackages, ...manifestsOfDeno, ...yarnArchives, ...pnpFiles],
  ecosystem: namespaceOfEcosystem('npm'),
  largeFiles: yarnArchives,
  readsEntry: isManifestEntry,
  listEach: () => {
    const budget = new ArchiveBudget();
    return (path, content, load) => listYarnArchive(path, content, { budget, load });
  },
  *list(files: Files) {
    const parents = new Parents(files);
    const budget = new ArchiveBudget();
    const names = new DependencyBudget();
    for (const [path, content] of files)
      if (path.endsWith('.zip')) yield* listYarnArchive(path, content, { budget });
      else if (!isPnpFile(path)) yield* listFile(path, content, { parents, names });
      else if (namesReadCachesOnly(content)) yield { kind: 'no-package', path };
  },
};

/** State that the manifests of a layer share. */
interface ManifestContext {
  readonly parents: Parents;
  /** The rest of the names of requirements that are kept. */
  readonly names: DependencyBudget;
}

function* listFile(
  path: string,
  content: Uint8Array,
  { parents, names }: ManifestContext,
): Generator<ListerEvent> {
  const read = isFixture(path) ? 'no-package' : readPackage(content, names);
  // Without a version, the package is unknown, and so is that of an editor. Both remain evidence.
  if (read === undefined) return;
  if (read === 'no-package') yield { kind: 'no-package', path };
  else if ('problem' in read) yield { kind: 'problem', path, ...read };
  else yield { kind: 'package', path, package: { ...read, ...parents.containment(path) } };
}

/** The package managers that contain packages, by their manifests in the same layer. */
class Parents {
  readonly #files: Files;
  readonly #versions = new Map<string, string | undefined>();

  constructor(files: Files) {
    this.#files = files;
  }

  /** Returns whether a package is in a cache, is installed by itself, or within a package manager and which. */
  containment(path: string): Pick<ListedPackage, 'evidence' | 'parent'> {
    if (isInCache(path)) return { evidence: 'dormant' };
    const bundler = bundlerOf(path);
    if (bundler === undefined) return { evidence: 'installed' };
    const { name, manifest } = bundler;
    if (!this.#versions.has(manifest)) this.#versions.set(manifest, this.#versionAt(manifest));
    const version = this.#versions.get(manifest);
    return { evidence: 'vendored', ...(version !== undefined && { parent: { name, version } }) };
  }

  #versionAt(manifest: string): string | undefined {
    const content = this.#files.get(manifest);
    return content && versionIn(content);
  }
}
