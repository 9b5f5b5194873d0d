import { limits } from '../../../core/limits.ts';
import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import type { ZipDirectory } from '../../../kit/zip/directory.ts';
import type { ZipHeader } from '../../../kit/zip/records.ts';
import { javaExtensions } from './jar-name.ts';

/** The files of one artifact below `META-INF/maven`. */
export interface PomFiles {
  /** Group and artifact by the names of the directories. */
  readonly group: string;
  readonly artifact: string;
  readonly properties?: ZipHeader;
  readonly xml?: ZipHeader;
}

/** The parts of a Java archive that show what it contains. Their content is read on demand. */
export interface JavaArchive {
  readonly directory: ZipDirectory;
  /** Whether it has class files that a JVM loads, also under the names that agents give them. */
  readonly hasClasses: boolean;
  /** Whether some of them are not at the places of an application, where no other class path finds them. */
  readonly hasLibraryClasses: boolean;
  /** Path of the class of log4j that looks names up in JNDI, wherever it was moved to. */
  readonly jndiLookup: string | undefined;
  readonly manifest: ZipHeader | undefined;
  readonly poms: readonly PomFiles[];
  readonly nested: readonly ZipHeader[];
  readonly problems: readonly string[];
}

/** Reads the directory of an archive. Throws any error of loading it. */
export function openJavaArchive(directory: ZipDirectory): JavaArchive {
  const names = new NameScan();
  const { entries, defect } = directory.wanted(names.wants, limits.archiveEntries);
  const { found, duplicates } = lastOfEachName(entries);
  const archives = found.filter(({ path }) => hasJavaExtension(path));
  const unusual = archives.filter((entry) => !hasUsualName(entry));
  const problems = [
    ...(defect === undefined ? [] : [defect.message]),
    ...(names.isCut ? [`has more than ${limits.packageFilesPerLayer} archives and Maven files`] : []),
    ...duplicates.map((path) => `contains ${quoteUntrusted(path)} twice, with different content`),
    ...unusual.map(({ path }) => `contains an archive with an impossible name: ${quoteUntrusted(path)}`),
  ];
  return {
    directory,
    hasClasses: names.hasClasses,
    hasLibraryClasses: names.hasLibraryClasses,
    jndiLookup: names.jndiLookup,
    manifest: found.find(({ path }) => isManifest(path)),
    poms: pomsIn(found),
    nested: archives.filter(hasUsualName),
    problems: problems.slice(0, limits.problemsPerFile),
  };
}

/** Endings of the names of classes by their last byte. */
const classEndings: ReadonlyMap<number | undefined, Buffer> = new Map(
  ['.class', '.esclazz', '.classdata'].map((ending) => {
    const bytes = Buffer.from(ending);
    return [bytes.at(-1), bytes];
  }),
);
const jndiLookupName = Buffer.from('log4j/core/lookup/JndiLookup');
/** Names that no class path takes classes from, except those for certain versions of Java. */
const metaInf = Buffer.from('META-INF/');
const versionsOfClasses = Buffer.from('META-INF/versions/');
const moduleInfo = Buffer.from('/module-info');
/** Places of the classes of an application, and of the loader that Spring Boot puts into it. */
const placesOfApplication = ['WEB-INF/', 'BOOT-INF/', 'org/springframework/boot/loader/'].map((place) =>
  Buffer.from(place),
);
const manifestPath = 'META-INF/MANIFEST.MF';
const pomPath =
  /^(?:(?:WEB-INF|BOOT-INF)\/classes\/)?META-INF\/maven\/([^/]+)\/([^/]+)\/pom\.(properties|xml)$/;
const extensions: ReadonlySet<string> = new Set(javaExtensions);

/** Returns whether the content of a file in an archive is read. */
export function isReadEntry(path: string): boolean {
  return isManifest(path) || pomPath.test(path) || hasJavaExtension(path);
}

/** Checks the names in a directory. Those of classes, which are most, are checked as bytes. */
class NameScan {
  hasClasses = false;
  hasLibraryClasses = false;
  jndiLookup: string | undefined;
  /** Whether there are more wanted files than are read. */
  isCut = false;
  #wanted = 0;

  readonly wants = (bytes: Buffer, start: number, end: number): boolean => {
    const last = bytes[end - 1] ?? 0;
    const ending = classEndings.get(last);
    if (ending !== undefined && endsWith(bytes, ending, start, end)) {
      this.#visitClass(bytes, start, end - ending.length);
      return false;
    }
    if (!mayBeRead(bytes, start, end)) return false;
    const path = bytes.toString('latin1', start, end);
    const isWanted = isReadEntry(path);
    if (isWanted && ++this.#wanted > limits.packageFilesPerLayer) this.isCut = true;
    return isWanted && !this.isCut;
  };

  #visitClass(bytes: Buffer, start: number, end: number): void {
    if (!this.hasLibraryClasses && isLoadedClass(bytes, start, end)) {
      this.hasClasses = true;
      this.hasLibraryClasses = !placesOfApplication.some((place) => startsWith(bytes, place, start, end));
    }
    if (bytes[end - 1] === lastOfLookup && endsWith(bytes, jndiLookupName, start, end))
      this.jndiLookup ??= bytes.toString('latin1', start, end);
  }
}

/** Whether a JVM may load the class of this name, from `start` to before its ending. */
function isLoadedClass(bytes: Buffer, start: number, end: number): boolean {
  if (!startsWith(bytes, metaInf, start, end)) return true;
  return startsWith(bytes, versionsOfClasses, start, end) && !endsWith(bytes, moduleInfo, start, end);
}

function startsWith(bytes: Buffer, beginning: Buffer, start: number, end: number): boolean {
  const to = Math.min(start + beginning.length, end);
  return bytes.compare(beginning, 0, beginning.length, start, to) === 0;
}

const lastOfLookup = jndiLookupName.at(-1);

/** The last characters of archives, in both cases. */
const lastOfArchives: ReadonlySet<number> = new Set(
  javaExtensions.flatMap((name) => {
    const last = name.slice(-1);
    return [last.charCodeAt(0), last.toUpperCase().charCodeAt(0)];
  }),
);
const pomEndings = ['/pom.properties', '/pom.xml'].map((ending) => Buffer.from(ending));
const fullStop = 0x2e;

/** Whether a name may be one that is read. Rejects nearly all others by their bytes. */
function mayBeRead(bytes: Buffer, start: number, end: number): boolean {
  if (end - start === manifestPath.length) return true;
  const isExtension = bytes[end - 4] === fullStop || bytes[end - 5] === fullStop;
  if (isExtension && lastOfArchives.has(bytes[end - 1] ?? 0)) return true;
  return pomEndings.some((ending) => endsWith(bytes, ending, start, end));
}

/** Whether the name from `start` to before `end` has this ending. Compares from the end: most names differ there. */
function endsWith(bytes: Buffer, ending: Buffer, start: number, end: number): boolean {
  const from = end - ending.length;
  if (from < start) return false;
  for (let i = ending.length - 1; i >= 0; i--) if (bytes[from + i] !== ending[i]) return false;
  return true;
}

function isManifest(path: string): boolean {
  return path.length === manifestPath.length && path.toUpperCase() === manifestPath;
}

function hasJavaExtension(path: string): boolean {
  return extensions.has(path.slice(path.lastIndexOf('.') + 1).toLowerCase());
}

/** Whether the name of a nested archive can be part of a path. */
function hasUsualName(entry: ZipHeader): boolean {
  return entry.path.length <= limits.pathBytes && !/\p{Cc}/u.test(entry.path);
}

/** A JVM reads the last one of files with the same name. */
function lastOfEachName(entries: readonly ZipHeader[]): { found: ZipHeader[]; duplicates: string[] } {
  const byName = new Map<string, ZipHeader>();
  const duplicates = new Set<string>();
  for (const entry of entries) {
    const before = byName.get(entry.path);
    if (before !== undefined && (before.crc !== entry.crc || before.bytes !== entry.bytes))
      duplicates.add(entry.path);
    byName.set(entry.path, entry);
  }
  return { found: [...byName.values()], duplicates: [...duplicates] };
}

function pomsIn(entries: readonly ZipHeader[]): PomFiles[] {
  const poms = new Map<string, PomFiles>();
  for (const entry of entries) {
    const [, group = '', artifact = '', kind] = pomPath.exec(entry.path) ?? [];
    if (kind === undefined) continue;
    const key = `${group}/${artifact}`;
    poms.set(key, { group, artifact, ...poms.get(key), [kind]: entry });
  }
  return [...poms.values()];
}
