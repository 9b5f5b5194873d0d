import { quoteUntrusted } from '../../kit/untrusted-text.ts';
import {
  DeclaredFileError,
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  fromElsewhere,
  type SiblingFile,
} from './declared-format.ts';
import { textLines } from './documents.ts';

/** A module at a version. The version is absent for a directory, or for all versions. */
interface Module {
  readonly path: string;
  readonly version?: string;
}

interface Replacement {
  readonly from: Module;
  readonly to: Module;
}

/** The directives of a go.mod that matter here. */
interface GoMod {
  readonly required: Module[];
  readonly replacements: Replacement[];
  /** Version of the language, `1.16`, and of the toolchain, `1.22.5`. */
  go?: string;
  toolchain?: string;
}

/** Modules of Go. Before Go 1.17 a go.mod lists direct dependencies only, and go.sum has the others. */
export const goMod: DeclaredFormat = {
  name: 'go-mod',
  type: 'golang',
  files: ['go.mod'],
  siblings: ['go.sum'],
  *read(content, sibling) {
    const file = parseGoMod(content);
    const required = [...file.required, ...(listsAll(file) ? [] : modulesOfSum(file, sibling))];
    for (const module of required) yield moduleItem(module, file.replacements);
    yield* toolchainItems(file);
  },
};

function parseGoMod(content: Uint8Array): GoMod {
  const file: GoMod = { required: [], replacements: [] };
  let block = '';
  let isModule = false;
  for (const line of textLines(content)) {
    const words = wordsOf(line);
    const [first, second] = words;
    if (first === undefined) continue;
    if (first === ')') block = '';
    else if (second === '(') block = first;
    else if (block === '') addDirective(file, first, words.slice(1));
    else addDirective(file, block, words);
    isModule ||= first === 'module' || first === 'require';
  }
  if (!isModule) throw new DeclaredFileError('has no module and no requirement of Go');
  return file;
}

/** Splits a line into words, which may be quoted. A comment ends it. */
function wordsOf(line: string): string[] {
  const comment = line.indexOf('//');
  const code = comment === -1 ? line : line.slice(0, comment);
  return code
    .replace(/\($/, ' (')
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => word.replace(/^["`](.*)["`]$/, '$1'));
}

function addDirective(file: GoMod, directive: string, words: readonly string[]): void {
  const [path = '', version] = words;
  if (directive === 'require') file.required.push(moduleOf([path, version ?? '']));
  else if (directive === 'go') file.go = path;
  else if (directive === 'toolchain') file.toolchain = path.replace(/^go/, '');
  else if (directive === 'replace') {
    const arrow = words.indexOf('=>');
    if (arrow > 0)
      file.replacements.push({ from: moduleOf(words.slice(0, arrow)), to: moduleOf(words.slice(arrow + 1)) });
  }
}

function moduleOf([path = '', version]: readonly string[]): Module {
  return version === undefined ? { path } : { path, version };
}

/** Whether a go.mod lists indirect dependencies, too, as `go mod tidy` writes it since Go 1.17. */
function listsAll({ go = '1.16' }: GoMod): boolean {
  const [major = 0, minor = 0] = go.split('.').map(Number);
  return major > 1 || minor >= 17;
}

/** Returns the modules of go.sum that go.mod does not require. The lines of a module are sorted, and the last version is the highest. */
function modulesOfSum({ required }: GoMod, sibling: SiblingFile): Module[] {
  const sum = sibling('go.sum');
  if (sum === undefined) return [];
  const versions = new Map<string, string>();
  for (const line of textLines(sum)) {
    const [path, version] = wordsOf(line);
    if (path !== undefined && version !== undefined && !version.endsWith('/go.mod'))
      versions.set(path, version);
  }
  for (const { path } of required) versions.delete(path);
  return Array.from(versions, ([path, version]) => ({ path, version }));
}

/** A replacement of one version precedes that of all versions. A replacement by a directory has no version. */
function moduleItem(module: Module, replacements: readonly Replacement[]): DeclaredItem {
  const { path, version = '' } = module;
  const fitting = replacements.filter(({ from }) => from.path === path);
  const { to } = fitting.find(({ from }) => from.version === version) ??
    fitting.find(({ from }) => from.version === undefined) ?? { to: module };
  if (to.version !== undefined) return declaredPackage(to.path, to.version);
  return fromElsewhere(path, to.path);
}

/** The toolchain is the lowest that builds the module. Without a patch number it is not the version of a release. */
function* toolchainItems({ go = '', toolchain = go }: GoMod): Generator<DeclaredItem> {
  const [version = ''] = toolchain.split('-', 1);
  if (/^1\.\d+(?:\.\d+|rc\d+)$/.test(version)) yield declaredPackage('stdlib', version);
  else if (version !== '' && version !== 'default' && !/^\d/.test(version))
    yield { kind: 'problem', problem: `has an impossible toolchain ${quoteUntrusted(toolchain)}` };
}
