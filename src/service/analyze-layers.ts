import type { ImageLayer } from '../image/image.ts';
import { readLayers } from '../image/layer/read-layer.ts';
import type { ReadLayer } from '../image/layer/reading.ts';
import { matchesPattern, WantedPaths } from '../image/layer/wanted.ts';
import { messageOf } from '../kit/errors.ts';
import { limits } from '../kit/limits.ts';
import type {
  ExtensionProblem,
  LayerFile,
  LayerIndex,
  LayerRepositories,
  OwnedFiles,
} from '../model/layer-index.ts';
import type { ListedPackage } from '../model/package.ts';
import type { Extensions } from '../plugin/extensions.ts';
import type { Files, PathPattern } from '../plugin/layer-files.ts';
import type { PackageLister } from '../plugin/package-lister.ts';

/** The extensions that look into layers. */
export type Analyzers = Pick<Extensions, 'detectors' | 'listers'>;

/** Reads layers and lists what is in them, each in one pass. */
export type AnalyzeLayers = (
  layers: readonly ImageLayer[],
  verify: boolean,
) => Promise<readonly LayerIndex[]>;

/** Raised whenever the layer reader itself may tell something else of the same layer. */
const readerVersion = 1;

/** Names the reader, detectors and listers with their versions: an index made under another key is not used again. */
export function analyzerKey({ detectors, listers }: Analyzers): string {
  return [{ name: 'reader', version: readerVersion }, ...detectors, ...listers]
    .map(({ name, version }) => `${name}-${version}`)
    .join(' ');
}

/** Reads the layers on this thread. */
export async function analyzeLayers(
  layers: readonly ImageLayer[],
  analyzers: Analyzers,
  verify: boolean,
): Promise<LayerIndex[]> {
  const wanted = new WantedPaths(wantedPatterns(analyzers));
  const read = await readLayers(layers, { wanted, verify });
  return read.map((layer) => indexOf(layer, analyzers));
}

/** Every path some extension wants. */
export function wantedPatterns({ detectors, listers }: Analyzers): PathPattern[] {
  return [...detectors, ...listers].flatMap(({ wants }) => wants);
}

function indexOf(
  { collected, digest, diffId, verified }: ReadLayer,
  { detectors, listers }: Analyzers,
): LayerIndex {
  const release = keepReleaseFiles(
    collected.files,
    detectors.flatMap(({ wants }) => wants),
  );
  const listed = listers.map((lister) => listPackages(lister, collected.files));
  const remarks = collected.remarks.map((remark) => ({ extension: 'layer', ...remark }));
  return {
    ...(digest && { digest }),
    ...(diffId && { diffId }),
    verified,
    whiteouts: collected.whiteouts,
    opaques: collected.opaques,
    nodes: collected.nodes,
    contents: release.contents,
    packages: listed.flatMap(({ packages }) => packages),
    owned: listed.flatMap(({ owned }) => owned),
    repositories: listed.flatMap(({ repositories }) => repositories),
    problems: [...remarks, ...release.problems, ...listed.flatMap(({ problems }) => problems)],
  };
}

function keepReleaseFiles(
  files: Files,
  patterns: readonly PathPattern[],
): { contents: LayerFile[]; problems: ExtensionProblem[] } {
  const contents: LayerFile[] = [];
  const problems: ExtensionProblem[] = [];
  for (const [path, content] of files) {
    if (!patterns.some((pattern) => matchesPattern(path, pattern))) continue;
    if (content.length <= limits.releaseFileBytes) contents.push({ path, content });
    else
      problems.push({
        extension: 'namespace',
        path,
        message: `${content.length} bytes, too many for a release file`,
      });
  }
  return { contents, problems };
}

type Listing = Pick<LayerIndex, 'packages' | 'owned' | 'repositories' | 'problems'>;

function listPackages(lister: PackageLister, files: Files): Listing {
  const mine = new Map(
    [...files].filter(([path]) => lister.wants.some((pattern) => matchesPattern(path, pattern))),
  );
  const byPath = new Map<string, ListedPackage[]>();
  const owned: OwnedFiles[] = [];
  const repositories: LayerRepositories[] = [];
  const problems: ExtensionProblem[] = [];
  if (mine.size === 0) return { packages: [], owned, repositories, problems };
  try {
    for (const listed of lister.list(mine)) {
      const { path } = listed;
      if ('problem' in listed) problems.push({ extension: lister.name, path, message: listed.problem });
      else if ('repositories' in listed) repositories.push({ path, names: listed.repositories });
      else if ('owner' in listed) owned.push({ ...listed, lister: lister.name });
      else if (!byPath.get(path)?.push(listed.package)) byPath.set(path, [listed.package]);
    }
  } catch (error) {
    // A lister that breaks costs its own result, and the report says so.
    const [path = ''] = mine.keys();
    problems.push({ extension: lister.name, path, message: `the lister failed: ${messageOf(error)}` });
  }
  const packages = [...byPath].map(([path, ofPath]) => ({ path, lister: lister.name, packages: ofPath }));
  return { packages, owned, repositories, problems };
}
