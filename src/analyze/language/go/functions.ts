import { bufferView } from '../../../kit/bytes/bytes.ts';
import { extendNameHash, FunctionSetEncoder, nameHashOf } from '../../../model/function-set.ts';
import type { GoBuildInfo } from './build-info.ts';

/** The functions of a program by the module that they belong to. The standard library has the name `stdlib`. */
export type FunctionsOfModules = ReadonlyMap<string, string>;

/** The name of the standard library as a module. */
export const standardLibraryName = 'stdlib';
/** The name of the tools of Go as a module. */
export const toolchainName = 'toolchain';

/** A function that every program has. If it is missing, a tool has changed the names. */
const entryPoint = nameHashOf('runtime main');

/**
 * Returns the functions of a program by module, encoded. Each function is recorded as `PACKAGE NAME`, and each package alone, since some
 * advisories name whole packages. A module that is replaced has the paths of its replacement, as advisories for that name it. Undefined if
 * the names are not those of the sources.
 */
export function functionsOfModules(content: Uint8Array, info: GoBuildInfo): FunctionsOfModules | undefined {
  const sets = new Map<string, FunctionSetEncoder>();
  const packages = new ProgramPackages(sets, info);
  const names = new FunctionNames(content);
  let hasEntryPoint = false;
  while (names.next()) {
    const found = packages.at(content, names.start, names.dot);
    if (found === undefined) continue;
    const hash = names.hash(found.nameStart);
    found.functions.add(hash);
    hasEntryPoint ||= hash === entryPoint;
  }
  if (!hasEntryPoint) return undefined;
  return new Map(Array.from(sets, ([module, functions]) => [module, functions.encode() ?? '']));
}

const [slash, dot, bracket, closingBracket] = [0x2f, 0x2e, 0x5b, 0x5d];
const [parenthesis, closingParenthesis, star, hyphen] = [0x28, 0x29, 0x2a, 0x2d];

/** Parts of a name that the compiler adds: closures, method values, and calls by `go` and `defer`. */
const addedByCompiler = [/^-fm/, /^\.(?:func|gowrap|deferwrap)\d/];
const addedBytesMax = '.deferwrap1'.length;
const startsOfAdded = new Set(['f', 'g', 'd'].map((letter) => letter.charCodeAt(0)));

/**
 * Iterates over the functions of a program: `net/http.(*Server).Serve.func1`. Large programs have some hundred thousand, so that no string
 * is made of a name.
 */
class FunctionNames {
  readonly #content: Buffer;
  /** Start of the name, and the dot between the package and the function. */
  start = 0;
  dot = -1;
  #next = 0;

  constructor(content: Uint8Array) {
    this.#content = bufferView(content);
  }

  /** Moves to the next name that is of a package. Returns false at the end, or at a name that is cut. */
  next(): boolean {
    const content = this.#content;
    for (let start = this.#next; start < content.length; start = this.#next) {
      const end = content.indexOf(0, start);
      if (end === -1) return false;
      this.#next = end + 1;
      this.start = start;
      this.dot = dotAfterPackage(content, start, end);
      if (this.dot !== -1) return true;
    }
    return false;
  }

  /**
   * Returns the hash of the function within its package, as advisories name it: `Server.Serve`. Types between brackets are not a part of
   * the name. `before` is the hash of the bytes before it.
   */
  hash(before: number): number {
    const content = this.#content;
    let hash = before;
    let depth = 0;
    for (let i = this.dot + 1; i < this.#next - 1; i++) {
      const byte = content[i] ?? 0;
      if (byte === bracket) depth++;
      else if (byte === closingBracket) depth = Math.max(depth - 1, 0);
      else if (depth === 0 && !isPunctuation(byte)) {
        if ((byte === dot || byte === hyphen) && isAdded(content, i)) break;
        hash = extendNameHash(hash, byte);
      }
    }
    return hash;
  }
}

function isPunctuation(byte: number): boolean {
  return byte === parenthesis || byte === closingParenthesis || byte === star;
}

/** Returns the position of the dot that ends the path of the package: the first one after the last slash. -1 without such a dot. */
function dotAfterPackage(content: Buffer, start: number, end: number): number {
  let found = -1;
  for (let i = start; i < end; i++) {
    const byte = content[i];
    if (byte === slash) found = -1;
    else if (byte === dot && found === -1) found = i;
    else if (byte === bracket || byte === parenthesis) break;
  }
  return found;
}

/** Whether the rest of a name is of the compiler. */
function isAdded(content: Buffer, at: number): boolean {
  if (!startsOfAdded.has(content[at + 1] ?? 0)) return false;
  const rest = content.toString('latin1', at, at + addedBytesMax);
  return addedByCompiler.some((pattern) => pattern.test(rest));
}

/** A package of a program: the functions of its module, and the hash of `PACKAGE ` with which the names of its own begin. */
interface ProgramPackage {
  readonly functions: FunctionSetEncoder;
  readonly nameStart: number;
}

/** The packages of a program by their paths in the names of functions. */
class ProgramPackages {
  readonly #sets: Map<string, FunctionSetEncoder>;
  readonly #info: GoBuildInfo;
  readonly #moduleOf: (packagePath: string) => PackageOwner | undefined;
  readonly #known = new Map<string, ProgramPackage | undefined>();
  /** The last path, since most functions of a package follow each other. */
  #lastPath: Buffer = Buffer.alloc(0);
  #last: ProgramPackage | undefined;

  /** `sets`: the functions by module, to which it adds packages. */
  constructor(sets: Map<string, FunctionSetEncoder>, info: GoBuildInfo) {
    this.#sets = sets;
    this.#info = info;
    this.#moduleOf = moduleFinder(info);
  }

  /** Returns the package whose path is in these bytes. Undefined if it belongs to no known module. */
  at(content: Uint8Array, start: number, end: number): ProgramPackage | undefined {
    if (isEqualRange(content, start, end, this.#lastPath)) return this.#last;
    const path = bufferView(content).subarray(start, end);
    const text = path.toString('latin1');
    if (!this.#known.has(text)) this.#known.set(text, this.#open(text));
    this.#lastPath = path;
    this.#last = this.#known.get(text);
    return this.#last;
  }

  #open(text: string): ProgramPackage | undefined {
    // Names of generated code of types, such as `type:.eq.[2]string`, are not functions of a package.
    if (text.startsWith('type:') || text.startsWith('go:')) return undefined;
    const owner = this.#moduleOf(text === 'main' ? this.#info.packagePath : unescapePath(text));
    if (owner === undefined) return undefined;
    const functions = this.#sets.get(owner.module) ?? new FunctionSetEncoder();
    this.#sets.set(owner.module, functions);
    const hash = nameHashOf(owner.packagePath);
    functions.add(hash);
    return { functions, nameStart: nameHashOf(' ', hash) };
  }
}

function isEqualRange(content: Uint8Array, start: number, end: number, bytes: Buffer): boolean {
  if (end - start !== bytes.length) return false;
  // From the end, where paths differ.
  for (let i = bytes.length - 1; i >= 0; i--) if (content[start + i] !== bytes[i]) return false;
  return true;
}

/** The linker writes dots and other characters of the last part of a path as `%2e`. Go, cmd/internal/objabi. */
function unescapePath(path: string): string {
  const bytes = path.replaceAll(/%([\da-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
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
  return (packagePath) => ownerOf(packagePath, paths);
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
