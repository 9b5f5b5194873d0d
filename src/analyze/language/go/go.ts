import { quoteUntrusted, stripControls } from '../../../kit/untrusted-text.ts';
import type { ListedPackage } from '../../../model/package.ts';
import type { ListerEvent, PackageLister, ProgramParts } from '../../../plugin/package-lister.ts';
import { deduplicated, type EntryProblem, isWord } from '../../package/listing.ts';
import { developmentVersion, type GoModule, parseBuildInfo } from './build-info.ts';
import {
  type FunctionsOfModules,
  functionsOfModules,
  standardLibraryName,
  toolchainName,
} from './functions.ts';
import { mainVersion } from './main-version.ts';

/** `go1.21.5`, `go1.22rc1`. Experiments and the names of vendors may follow: `go1.26.5-X:jsonv2`, `go1.26.5 (Red Hat 1.26.5-1.el10)`. */
const release = /^go(\d+\.\d+(?:\.\d+)?)(?:(rc|beta)(\d+))?(?![\d.])/;

/** Main package of the command `go`, which stands for the toolchain that it is a part of. */
const commandOfGo = 'cmd/go';

/** Lists what Go programs were built from: the standard library, the main module and its modules. */
export const goLister: PackageLister = {
  name: 'golang',
  version: 3,
  wants: [],
  ecosystem: { name: 'golang', versionScheme: 'go' },
  programParts: ['go-build-info', 'go-functions'],
  *list() {
    // All its packages are in programs.
  },
  listProgram: (path, parts) => deduplicated(path, eventsOf(path, parts)),
};

function* eventsOf(path: string, parts: ProgramParts): Generator<ListerEvent> {
  const content = parts.get('go-build-info');
  if (content === undefined) return;
  for (const item of readGoProgram(content, parts.get('go-functions'))) {
    if ('problem' in item) yield { kind: 'problem', path, ...item };
    else yield { kind: 'package', path, package: item };
  }
}

/** Yields the packages of one Go program, with their functions if these are known. */
export function* readGoProgram(
  content: Uint8Array,
  functionNames?: Uint8Array,
): Generator<ListedPackage | EntryProblem> {
  const info = parseBuildInfo(content);
  const functions = functionNames === undefined ? undefined : functionsOfModules(functionNames, info);
  yield withFunctions(packageOfGo(standardLibraryName, info.goVersion), functions);
  if (info.packagePath === commandOfGo)
    yield withFunctions(packageOfGo(toolchainName, info.goVersion), functions);
  const { main, modules } = info;
  if (main !== undefined) {
    const { version, rule } = mainVersion(main, info);
    yield withFunctions(packageOf({ ...main, version }, [rule]), functions);
  }
  for (const module of modules) yield withFunctions(packageOf(module, remarksOn(module)), functions);
}

/** Adds the functions of a package. If none is known, its names may be changed, so that nothing follows from that. */
function withFunctions(
  item: ListedPackage | EntryProblem,
  functions: FunctionsOfModules | undefined,
): ListedPackage | EntryProblem {
  const ofPackage = 'problem' in item ? undefined : functions?.get(item.name);
  return 'problem' in item || ofPackage === undefined ? item : { ...item, functions: ofPackage };
}

/** The standard library and the toolchain have the version of Go, as the Go vulnerability database writes it. */
function packageOfGo(name: string, goVersion: string): ListedPackage | EntryProblem {
  const [, version, stage, number] = release.exec(goVersion) ?? [];
  if (version === undefined || !isWord(goVersion.split(' ', 1)[0] ?? ''))
    return {
      problem: `states no release of Go, but ${quoteUntrusted(goVersion)}; its standard library is not assessed`,
      lacks: 'version',
    };
  // Go's database orders them as semantic versions, which need three numbers before a pre-release.
  const isShort = /^\d+\.\d+$/.test(version);
  const full = stage === undefined ? version : `${version}${isShort ? '.0' : ''}-${stage}.${number}`;
  return { type: 'golang', name, version: full, evidence: 'build-info' };
}

/** Returns what is to be said about a module that replaces another one. */
function remarksOn({ path, version, replaces }: GoModule): string[] {
  if (replaces === undefined) return [];
  const by = path === replaces.path && version === developmentVersion ? 'a directory' : 'it';
  return [`${by} replaces ${replaces.path} ${replaces.version} in the program (replace in go.mod)`];
}

function packageOf(module: GoModule, remarks: readonly string[]): ListedPackage | EntryProblem {
  const { path, version, replaces } = module;
  if (!isWord(path)) return { problem: `names the impossible module ${quoteUntrusted(path)}` };
  // Semantic versions have one `+`.
  const plain = version.replace(/\+incompatible\+/, '+incompatible.');
  if (!isWord(plain)) return { problem: `names no version of ${path}`, lacks: 'version' };
  const replaced = replaces && { name: replaces.path, version: replaces.version };
  return {
    type: 'golang',
    name: path,
    version: plain,
    evidence: 'build-info',
    ...(replaced !== undefined &&
      isWord(replaced.name) &&
      isWord(replaced.version) && { replaces: replaced }),
    ...(remarks.length > 0 && { remarks: remarks.map((remark) => stripControls(remark)) }),
  };
}
