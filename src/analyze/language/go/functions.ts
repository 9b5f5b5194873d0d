import { encodeFunctions } from '../../../model/function-set.ts';
import type { GoBuildInfo } from './build-info.ts';

/** The functions of a program by the module that they belong to. The standard library has the name `stdlib`. */
export type FunctionsOfModules = ReadonlyMap<string, string>;

/** The name of the standard library as a module. */
export const standardLibraryName = 'stdlib';
/** The name of the tools of Go as a module. */
export const toolchainName = 'toolchain';

/** A function that every program has. If it is missing, a tool has changed the names. */
const entryPoint = 'runtime main';

/** A function as advisories name it: `Server.Serve` of `net/http`. */
interface GoFunction {
  readonly packagePath: string;
  readonly name: string;
}

/**
 * Returns the functions of a program by module, encoded. Each function is recorded as `PACKAGE NAME`, and each package alone, since some
 * advisories name whole packages. A module that is replaced has the paths of its replacement, as advisories for that name it. Undefined if
 * the names are not those of the sources.
 */
export function functionsOfModules(content: Uint8Array, info: GoBuildInfo): FunctionsOfModules | undefined {
  const moduleOf = moduleFinder(info);
  const names = new Map<string, Set<string>>();
  for (const { packagePath, name } of readFunctions(content)) {
    const owner = moduleOf(packagePath === 'main' ? info.packagePath : packagePath);
    if (owner === undefined) continue;
    const ofModule = names.get(owner.module) ?? new Set();
    names.set(owner.module, ofModule);
    ofModule.add(owner.packagePath).add(`${owner.packagePath} ${name}`);
  }
  if (names.get(standardLibraryName)?.has(entryPoint) !== true) return undefined;
  return new Map(Array.from(names, ([module, ofModule]) => [module, encodeFunctions(ofModule)]));
}

function* readFunctions(content: Uint8Array): Generator<GoFunction> {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    end = text.indexOf('\0', start);
    if (end === -1) return;
    const found = parseFunction(text.slice(start, end));
    if (found !== undefined) yield found;
  }
}

/** Parts of a name that the compiler adds: `.func1` of a closure, `-fm` of a method value, `.gowrap2` and `.deferwrap1` of calls. */
const addedByCompiler = /(?:-fm|\.(?:func\d|gowrap\d|deferwrap\d)).*$/;

/** Parses `net/http.(*Server).Serve.func1`. Types between brackets are not a part of the name. */
function parseFunction(symbol: string): GoFunction | undefined {
  // Names of generated code of types, such as `type:.eq.[2]string`, are not functions of a package.
  const bracket = symbol.indexOf('[');
  const plain = bracket === -1 ? symbol : withoutBrackets(symbol);
  const parenthesis = plain.indexOf('(');
  const pathEnd = plain.lastIndexOf('/', parenthesis === -1 ? plain.length : parenthesis) + 1;
  const dot = plain.indexOf('.', pathEnd);
  if (dot === -1 || plain.startsWith('type:') || plain.startsWith('go:')) return undefined;
  const name = plain
    .slice(dot + 1)
    .replace(addedByCompiler, '')
    .replaceAll(/[(*)]/g, '');
  return { packagePath: unescapePath(plain.slice(0, dot)), name };
}

/** Removes everything between square brackets, which may nest. */
function withoutBrackets(text: string): string {
  let [plain, depth] = ['', 0];
  for (const character of text) {
    if (character === '[') depth++;
    if (depth === 0) plain += character;
    if (character === ']') depth = Math.max(depth - 1, 0);
  }
  return plain;
}

/** The linker writes dots and other characters of the last part of a path as `%2e`. Go, cmd/internal/objabi. */
function unescapePath(path: string): string {
  return path.replaceAll(/%([\da-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/** A package and the module that it belongs to. */
interface PackageOwner {
  readonly module: string;
  readonly packagePath: string;
}

/** Returns a function for the module of a package: the one with the longest path. Other packages are those of the standard library. */
function moduleFinder({ main, modules }: GoBuildInfo): (packagePath: string) => PackageOwner | undefined {
  const paths = new Map(modules.map(({ path, replaces }) => [replaces?.path ?? path, path]));
  if (main !== undefined) paths.set(main.path, main.path);
  const known = new Map<string, PackageOwner | undefined>();
  return (packagePath) => {
    if (!known.has(packagePath)) known.set(packagePath, ownerOf(packagePath, paths));
    return known.get(packagePath);
  };
}

function ownerOf(packagePath: string, paths: ReadonlyMap<string, string>): PackageOwner | undefined {
  for (let end = packagePath.length; end > 0; end = packagePath.lastIndexOf('/', end - 1)) {
    const module = paths.get(packagePath.slice(0, end));
    if (module !== undefined) return { module, packagePath: module + packagePath.slice(end) };
  }
  const [first = ''] = packagePath.split('/', 1);
  if (first.includes('.')) return undefined;
  return { module: first === 'cmd' ? toolchainName : standardLibraryName, packagePath };
}
