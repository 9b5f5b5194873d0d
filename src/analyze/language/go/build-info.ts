import { Lines } from '../../text-lines.ts';

/** A module in the build information of a program. */
export interface GoModule {
  readonly path: string;
  /** As written: `v1.2.3`, a pseudo-version, or `(devel)` for a directory. */
  readonly version: string;
  /** The module that it replaces. A module keeps its path if a directory replaces it. */
  readonly replaces?: Omit<GoModule, 'replaces'>;
}

/** The build information of a Go program. Go, runtime/debug.BuildInfo. */
export interface GoBuildInfo {
  /** `go1.21.13`, perhaps with more text. */
  readonly goVersion: string;
  /** Path of the main package. Empty if unknown. */
  readonly packagePath: string;
  /** The main module. Absent for tools of the distribution, and for programs built without modules. */
  readonly main?: GoModule;
  /** The modules of the program, after replacement. */
  readonly modules: readonly GoModule[];
  /** Settings of the build, such as `-ldflags` and `vcs.revision`. */
  readonly settings: ReadonlyMap<string, string>;
}

/** Replacement by a directory. The module keeps its path, since a directory is no module path. */
const directory = /^(?:\.{1,2}(?:[\\/]|$)|[\\/]|[A-Za-z]:[\\/])/;

/** Longer lines are cut. Those of `-ldflags` may have some kilobytes. */
const lineBytesMax = 64 * 1024;

/** Build information while it is read. */
interface OpenBuildInfo {
  packagePath: string;
  main: GoModule | undefined;
  readonly modules: GoModule[];
  readonly settings: Map<string, string>;
}

/**
 * Parses build information: the version of Go in the first line, then the lines of the linker, as `go version -m` prints them without
 * the indentation. Unknown lines are ignored, as Go does.
 */
export function parseBuildInfo(content: Uint8Array): GoBuildInfo {
  const lines = new Lines(content);
  const goVersion = lines.next() ? lines.beginning(lineBytesMax) : '';
  const info: OpenBuildInfo = { packagePath: '', main: undefined, modules: [], settings: new Map() };
  while (lines.next()) addLine(info, lines.beginning(lineBytesMax));
  const { packagePath, modules, settings } = info;
  const main = info.main ?? mainOfFiles(packagePath, modules);
  return {
    goVersion,
    packagePath,
    ...(main !== undefined && main.path !== '' && { main }),
    modules: modules.filter((module) => module.path !== '' && module !== main),
    settings,
  };
}

function addLine(info: OpenBuildInfo, line: string): void {
  const [kind, path = '', version = ''] = line.split('\t', 3);
  const { modules, settings } = info;
  if (kind === 'path') info.packagePath = path;
  else if (kind === 'mod') info.main = { path, version };
  else if (kind === 'dep') modules.push({ path, version });
  else if (kind === '=>' && modules.length > 0) modules.push(replacementOf(modules.pop(), { path, version }));
  else if (kind === 'build') addSetting(settings, path);
}

/** Returns the main module of a program that was built from a list of files: the only module of a directory. */
function mainOfFiles(packagePath: string, modules: readonly GoModule[]): GoModule | undefined {
  if (packagePath !== 'command-line-arguments') return undefined;
  const [first, ...others] = modules.filter(({ version }) => version === developmentVersion);
  return others.length === 0 ? first : undefined;
}

function replacementOf(replaced: GoModule | undefined, by: GoModule): GoModule {
  if (replaced === undefined) return by;
  if (directory.test(by.path))
    return { path: replaced.path, version: developmentVersion, replaces: replaced };
  return { ...by, replaces: replaced };
}

/** The version of a module that was built from a directory. */
export const developmentVersion = '(devel)';

function addSetting(settings: Map<string, string>, text: string): void {
  const equals = text.startsWith('"') ? text.indexOf('=', endOfQuoted(text)) : text.indexOf('=');
  if (equals === -1) return;
  settings.set(unquote(text.slice(0, equals)), unquote(text.slice(equals + 1)));
}

/** Returns the position after the closing quote of a quoted text. */
function endOfQuoted(text: string): number {
  for (let i = 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i + 1;
  }
  return text.length;
}

/** Removes the quotes that Go puts around values with blanks. */
function unquote(text: string): string {
  if (/^`[^`]*`$/.test(text)) return text.slice(1, -1);
  if (!text.startsWith('"') || endOfQuoted(text) !== text.length) return text;
  return text.slice(1, text.endsWith('"') ? -1 : undefined).replace(/\\(.)/g, '$1');
}
