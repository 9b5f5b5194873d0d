import type { Extensions } from '../../../plugin/extensions.ts';
import { toV4Distribution } from '../../../report/clair4/distribution.ts';
import { repositoryOf } from '../../../report/clair4/repository.ts';
import type {
  V4Contents,
  V4Environment,
  V4IndexReport,
  V4Package,
  V4Repository,
} from '../../../report/clair4/types.ts';
import { isOfDistribution } from '../../../service/images/package-lookup.ts';
import type { IndexedManifest } from '../../../service/ingest/ingest-manifest.ts';
import { introducingLayer } from '../../../service/ingest/layers-below.ts';
import type { ImagePackage, UnreadPart } from '../../../store/image-store.ts';

type Listers = Pick<Extensions, 'listers'>;

/** Renders the report of a manifest, in the order of keys that Clair has. */
export function renderIndexReport(manifest: IndexedManifest, extensions: Listers): V4IndexReport {
  return {
    manifest_hash: manifest.digest,
    state: 'IndexFinished',
    ...renderContents(manifest, extensions),
    success: true,
    err: unreadText(manifest.image.unread ?? []),
  };
}

/** Number of parts that `unreadText` names. */
const namedPartsMax = 10;

/** Returns a text that names the first parts that could not be read, and the number of all. Empty without any. */
function unreadText(unread: readonly UnreadPart[]): string {
  if (unread.length === 0) return '';
  const named = unread.slice(0, namedPartsMax).map(({ path, message }) => `${path}: ${message}`);
  return `parts that cannot be read (${unread.length}): ${named.join('; ')}`;
}

/** The id of the distribution within a document. */
export const distributionId = '1';

/** Returns the contents of a manifest. A package has the id `position + 1`. */
export function renderContents(manifest: IndexedManifest, extensions: Listers): V4Contents {
  const { image } = manifest;
  const versions = new Map(extensions.listers.map(({ name, version }) => [name, version]));
  const repositories = new Repositories();
  const sources = new Sources(image.packages.length);
  const packages: Record<string, V4Package> = {};
  const environments: Record<string, readonly V4Environment[]> = {};
  for (const [position, item] of image.packages.entries()) {
    const id = packageId(position);
    packages[id] = toV4Package(item, { id, sources, version: versions.get(item.foundBy) });
    const isOwn = item.lookup !== null && isOfDistribution(item, extensions);
    environments[id] = [environmentOf(item, manifest, { isOwn, repositories })];
  }
  const distributions =
    image.distro === null ? {} : { [distributionId]: toV4Distribution(image.distro, distributionId) };
  return { packages, distributions, repository: repositories.byId, environments };
}

/** Returns the id of a package within a document. */
export function packageId(position: number): string {
  return String(position + 1);
}

interface PackageContext {
  readonly id: string;
  readonly sources: Sources;
  /** Version of the lister that found it; undefined if the server no longer has that lister. */
  readonly version: number | undefined;
}

function toV4Package(item: ImagePackage, { id, sources, version }: PackageContext): V4Package {
  const { name, version: installed, arch, foundBy } = item;
  return {
    id,
    name,
    version: installed,
    kind: 'binary',
    source: sources.of(item),
    normalized_version: '',
    ...(arch !== undefined && { arch }),
    cpe: '',
    detector: version === undefined ? null : `urn:claircore:detector:${foundBy}:${version}:package`,
  };
}

/** Source packages, each with one id, behind the ids of the packages. */
class Sources {
  readonly #packages: number;
  readonly #byName = new Map<string, V4Package>();

  constructor(packages: number) {
    this.#packages = packages;
  }

  of({ source }: ImagePackage): V4Package {
    const { name, version } = source ?? { name: '', version: '' };
    const key = `${name}\n${version}`;
    const known = this.#byName.get(key);
    if (known !== undefined) return known;
    const made: V4Package = {
      id: packageId(this.#packages + this.#byName.size),
      name,
      version,
      ...(source !== undefined && { kind: 'source' as const }),
      normalized_version: '',
      cpe: '',
      detector: null,
    };
    this.#byName.set(key, made);
    return made;
  }
}

/** The repositories of a document. */
class Repositories {
  readonly byId: Record<string, V4Repository> = {};
  readonly #ids = new Map<string, string>();

  /** Returns the id of a repository, which it adds unless it is there. */
  idOf(repository: V4Repository): string {
    const key = JSON.stringify(repository);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = packageId(this.#ids.size);
    this.#ids.set(key, id);
    this.byId[id] = { id, ...repository };
    return id;
  }
}

function environmentOf(
  item: ImagePackage,
  { image, layers }: IndexedManifest,
  { isOwn, repositories }: { readonly isOwn: boolean; readonly repositories: Repositories },
): V4Environment {
  return {
    package_db: item.location.path,
    introduced_in: layers[introducingLayer(item, image)] ?? '',
    distribution_id: isOwn ? distributionId : '',
    repository_ids: repositoryOf(item, isOwn).map((repository) => repositories.idOf(repository)),
  };
}
