import { messageOf } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import { namespaceOfEcosystem } from '../../../model/namespace.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { deduplicated, isWord } from '../../package/listing.ts';
import { type DependencyFile, type DotnetPackage, parseDependencyFile } from './deps-json.ts';

const ending = '.deps.json';

/** Lists the packages of .NET applications, also of those that are one program, and the shared frameworks. */
export const nugetLister: PackageLister = {
  name: 'nuget',
  version: 5,
  wants: [`**/*${ending}`],
  ecosystem: namespaceOfEcosystem('nuget'),
  programParts: ['dotnet-dependencies'],
  listProgram: (path, parts) => {
    const content = parts.get('dotnet-dependencies');
    return content === undefined ? [] : deduplicated(path, listBundle(path, content));
  },
  *list(files: Files) {
    for (const [path, content] of files)
      if (path.endsWith(ending)) yield* deduplicated(path, listFile(path, content));
  },
};

/** Lists the packages that are bundled into a program. Their assemblies are no files of the image. */
function* listBundle(path: string, content: Uint8Array): Generator<ListerEvent> {
  for (const event of listFile(path, content)) {
    if (event.kind !== 'package') {
      yield event;
      continue;
    }
    const { codePaths, ...found } = event.package;
    yield { ...event, package: { ...found, evidence: 'embedded-in-archive' } };
  }
}

function* listFile(path: string, content: Uint8Array): Generator<ListerEvent> {
  let file: DependencyFile;
  try {
    file = parseDependencyFile(content);
  } catch (error) {
    yield { kind: 'problem', path, problem: messageOf(error) };
    return;
  }
  const framework = frameworkAt(path, file.rid);
  const found = framework === undefined ? file.packages : [framework, ...file.packages.filter(isOfOtherName)];
  for (const each of found) yield eventOf(path, file.isMerged ? { ...each, files: [] } : each);
  if (found.length === 0) yield { kind: 'no-package', path };
}

function eventOf(path: string, { name, version, files, hashes }: DotnetPackage): ListerEvent {
  if (!isWord(name))
    return { kind: 'problem', path, problem: `lists an impossible name ${quoteUntrusted(name)}` };
  if (!isWord(version))
    return { kind: 'problem', path, problem: `states no usable version of ${name}`, lacks: 'version' };
  const codePaths = assembliesOf(path, files);
  return {
    kind: 'package',
    path,
    package: {
      type: 'nuget',
      name,
      version,
      ...(hashes.length > 0 && { hashes }),
      evidence: 'installed',
      ...(codePaths !== undefined && { codePaths }),
    },
  };
}

/** Returns the paths at which the assemblies of a package may be: beside the application, or where the package has them. */
function assembliesOf(path: string, files: readonly string[]): readonly string[] | undefined {
  const directory = path.slice(0, path.lastIndexOf('/') + 1);
  const assemblies = files.filter((file) => file.endsWith('.dll'));
  const places = new Set(
    assemblies.flatMap((file) => [
      `${directory}${file.slice(file.lastIndexOf('/') + 1)}`,
      `${directory}${file}`,
    ]),
  );
  // Other files, such as libraries of the system, may be there alone.
  const isKnown = places.size > 0 && places.size <= limits.codePathsPerPackage;
  return isKnown && assemblies.length === files.length ? [...places] : undefined;
}

/** A framework that applications share: `shared/Microsoft.NETCore.App/8.0.1/Microsoft.NETCore.App.deps.json`. */
const frameworkPath = /(?:^|\/)shared\/([^/]+)\/([^/]+)\/([^/]+)\.deps\.json$/;

/** Returns the package that advisories name for a shared framework. Its version is that of its directory. */
function frameworkAt(path: string, rid: string | undefined): DotnetPackage | undefined {
  const [, directory, version = '', name = ''] = frameworkPath.exec(path) ?? [];
  if (directory !== name || rid === undefined) return undefined;
  return { name: `${name}.Runtime.${rid}`, version, files: [], hashes: [] };
}

/** Older frameworks list themselves under the name of their build for one platform, which no advisory uses. */
function isOfOtherName({ name }: DotnetPackage): boolean {
  return !/^runtime\.[\w.-]+\.Microsoft\.(?:NETCore|AspNetCore|WindowsDesktop)\./.test(name);
}
