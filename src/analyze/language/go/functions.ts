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
  let found: ProgramPackage | undefined;
  while (names.next()) {
    if (!names.isOfSamePackage) found = packages.at(names.packagePath());
    if (found === undefined) {
      names.skip();
      continue;
    }
    const hash = names.hash(found.nameStart);
    found.functions.add(hash);
    hasEntryPoint ||= hash === entryPoint;
  }
  if (!hasEntryPoint) return undefined;
  return new Map(Array.from(sets, ([module, functions]) => [module, functions.encode() ?? '']));
}

const [slash, dot, bracket, parenthesis] = [0x2f, 0x2e, 0x5b, 0x28];
const [digitZero, digitNine] = [0x30, 0x39];

/** Kinds of bytes of a name: a part of it, perhaps the start of an added part, no part of it, the beginning and the end of types. */
const kinds = { part: 0, separator: 1, punctuation: 2, opening: 3, closing: 4 } as const;
const kindOfByte = new Uint8Array(256);
for (const [kind, letters] of [
  [kinds.separator, '.-'],
  [kinds.punctuation, '()*'],
  [kinds.opening, '['],
  [kinds.closing, ']'],
] as const)
  for (const byte of Buffer.from(letters)) kindOfByte[byte] = kind;

/** Parts of a name that the compiler adds: closures and calls by `go` and `defer`, which a digit follows, and method values. */
const addedBeforeDigit = ['.func', '.gowrap', '.deferwrap'].map((text) => Buffer.from(text));
const addedAlone = Buffer.from('-fm');

/**
 * Iterates over the functions of a program: `net/http.(*Server).Serve.func1`. Large programs have some hundred thousand, so that no string
 * is made of a name, and each byte is read once or twice. After each `next`, `hash` or `skip` must be called.
 */
class FunctionNames {
  readonly #content: Buffer;
  readonly #view: DataView;
  /** Start of the name, and the dot between the package and the function. -1 before the first name. */
  #start = 0;
  #dot = -1;
  #next = 0;
  /** Whether the name is of the package of the name before it. */
  isOfSamePackage = false;

  /** A last name that is cut is left out. */
  constructor(content: Uint8Array) {
    const bytes = bufferView(content);
    this.#content = bytes.subarray(0, bytes.lastIndexOf(0) + 1);
    this.#view = new DataView(this.#content.buffer, this.#content.byteOffset, this.#content.length);
  }

  /** Moves to the next name that is of a package. Returns false at the end. */
  next(): boolean {
    const content = this.#content;
    while (this.#next < content.length) {
      const start = this.#next;
      const sameDot = this.#dot === -1 ? -1 : this.#dotAfterSamePackage(start);
      this.isOfSamePackage = sameDot !== -1;
      const found = sameDot === -1 ? dotAfterPackage(content, start) : sameDot;
      this.#start = start;
      if (found !== -1) {
        this.#dot = found;
        return true;
      }
      this.#dot = -1;
      this.skip();
    }
    return false;
  }

  /** Returns the path of the package, with the escapes of the linker. */
  packagePath(): string {
    return this.#content.toString('latin1', this.#start, this.#dot);
  }

  /** Returns the dot after the package of the last name if the name at `start` is of it. Else -1. */
  #dotAfterSamePackage(start: number): number {
    const content = this.#content;
    const length = this.#dot - this.#start;
    if (start + length >= content.length || !this.#hasSameBytes(start, length + 1)) return -1;
    // A slash that follows is of the path of another package.
    for (let at = start + length + 1; ; at++) {
      const byte = content[at] ?? 0;
      if (byte === slash) return -1;
      if (byte === 0 || byte === bracket || byte === parenthesis) return start + length;
    }
  }

  /** Whether as many bytes at `start` are those of the last name. Compares from the end, where paths differ, four bytes at a time. */
  #hasSameBytes(start: number, count: number): boolean {
    const content = this.#content;
    const view = this.#view;
    const before = this.#start;
    let left = count;
    for (; left >= 4; left -= 4)
      if (view.getUint32(start + left - 4) !== view.getUint32(before + left - 4)) return false;
    for (; left > 0; left--) if (content[start + left - 1] !== content[before + left - 1]) return false;
    return true;
  }

  /** Moves behind the name. */
  skip(): void {
    this.#next = this.#content.indexOf(0, this.#start) + 1;
  }

  /**
   * Returns the hash of the function within its package, as advisories name it: `Server.Serve`. Types between brackets are not a part of
   * the name. `before` is the hash of the bytes before it.
   */
  hash(before: number): number {
    const content = this.#content;
    let hash = before;
    let depth = 0;
    let at = this.#dot + 1;
    for (let byte = content[at] ?? 0; byte !== 0; byte = content[++at] ?? 0) {
      const kind = kindOfByte[byte] ?? kinds.part;
      if (kind >= kinds.punctuation) depth = depthAfter(kind, depth);
      else if (depth === 0) {
        if (kind === kinds.separator && isAdded(content, at)) break;
        hash = extendNameHash(hash, byte);
      }
    }
    while (content[at] !== 0) at++;
    this.#next = at + 1;
    return hash;
  }
}

function depthAfter(kind: number, depth: number): number {
  if (kind === kinds.punctuation) return depth;
  return kind === kinds.opening ? depth + 1 : Math.max(depth - 1, 0);
}

/** Returns the position of the dot that ends the path of the package: the first one after the last slash. -1 without such a dot. */
function dotAfterPackage(content: Buffer, start: number): number {
  let found = -1;
  for (let i = start; ; i++) {
    const byte = content[i] ?? 0;
    if (byte === slash) found = -1;
    else if (byte === dot && found === -1) found = i;
    else if (byte === 0 || byte === bracket || byte === parenthesis) return found;
  }
}

/** Whether the rest of a name is of the compiler. */
function isAdded(content: Buffer, at: number): boolean {
  if (content[at] !== dot) return hasBytes(content, at, addedAlone);
  for (const text of addedBeforeDigit)
    if (hasBytes(content, at, text)) {
      const next = content[at + text.length] ?? 0;
      return next >= digitZero && next <= digitNine;
    }
  return false;
}

function hasBytes(content: Buffer, at: number, bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) if (content[at + i] !== bytes[i]) return false;
  return true;
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

  /** `sets`: the functions by module, to which it adds packages. */
  constructor(sets: Map<string, FunctionSetEncoder>, info: GoBuildInfo) {
    this.#sets = sets;
    this.#info = info;
    this.#moduleOf = moduleFinder(info);
  }

  /** Returns the package with this path. Undefined if it belongs to no known module. */
  at(path: string): ProgramPackage | undefined {
    if (!this.#known.has(path)) this.#known.set(path, this.#open(path));
    return this.#known.get(path);
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
