import { messageOf } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { releaseBytes } from '../../../kit/bytes/bytes.ts';
import type { LoadBytes } from '../../../kit/bytes/file-pages.ts';
import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import { ZipDirectory } from '../../../kit/zip/directory.ts';
import type { ZipHeader } from '../../../kit/zip/records.ts';
import { type ArchiveBudget, budgetProblem } from '../archive-files.ts';
import { type JavaArchive, openJavaArchive, type PomFiles } from './archive.ts';
import {
  type Coordinates,
  completeCoordinates,
  namedVersionOf,
  type PartialCoordinates,
  validMembers,
} from './coordinates.ts';
import { type ArchiveIdentity, type ArchiveName, artifactByName, identifyArchive } from './identify.ts';
import { baseNameOf, type NamedArtifact } from './jar-name.ts';
import { type ManifestAttributes, parseManifest } from './manifest.ts';
import { parsePomProperties } from './pom-properties.ts';
import { parsePomXml } from './pom-xml.ts';

/** A package in a Java archive. */
export interface JavaPackage extends Coordinates {
  readonly evidence: 'installed' | 'embedded-in-archive';
  /** The archive that contains it: its artifact and version if it is named after them, else the name of its file. */
  readonly parent?: { readonly name: string; readonly version?: string };
}

/** A finding in an archive or in one inside it. `path` is that of the archive, with `!/` before the path inside another one. */
export type JavaFinding =
  | { readonly kind: 'package'; readonly path: string; readonly package: JavaPackage }
  /** Something that could not be read. */
  | { readonly kind: 'problem'; readonly path: string; readonly problem: string }
  /** Code whose packages are unknown. `artifact` is that of the archive, if only its group is unknown. */
  | {
      readonly kind: 'unidentified';
      readonly path: string;
      readonly reason: string;
      readonly artifact?: UngroupedArtifact;
    };

/** An artifact of an unknown group. */
export interface UngroupedArtifact extends NamedArtifact {
  readonly parent?: JavaPackage['parent'];
}

/** An archive, of which `load` reads the bytes that are needed. Without it, all are there. */
export interface JavaArchiveContent {
  readonly bytes: Buffer;
  readonly load?: LoadBytes | undefined;
}

/** Lists the packages of a Java archive and of the archives inside it. */
export function* listJavaArchive(
  path: string,
  content: JavaArchiveContent,
  budget: ArchiveBudget,
): Generator<JavaFinding> {
  yield* new ArchiveReader(budget).read(content, { path, depth: 0, heldBytes: 0, isPart: false });
}

/** The place of an archive. */
interface ArchivePlace {
  readonly path: string;
  /** Number of archives that contain it. */
  readonly depth: number;
  /** Size of the archives around it that had to be decompressed. */
  readonly heldBytes: number;
  readonly parent?: Parent;
  /** Whether it is a resource of a known artifact, which was published with it. */
  readonly isPart: boolean;
}

type Parent = NonNullable<JavaPackage['parent']>;

/** A place of resources below the directory of a Java package. No class loader takes libraries from there. */
const placeOfResources = /^(?!lib\/)[a-z]\w*\/\w+\//;

/** The place of such parts in the archive of the agent, which is listed itself. */
const placeInAgent = /!\/instrumentation\/[^/!]+$/;
const nameless: ArchiveName = { base: '', manifest: new Map() };

class ArchiveReader {
  readonly #budget: ArchiveBudget;

  constructor(budget: ArchiveBudget) {
    this.#budget = budget;
  }

  *read({ bytes, load }: JavaArchiveContent, place: ArchivePlace): Generator<JavaFinding> {
    const { path } = place;
    let archive: JavaArchive;
    try {
      archive = openJavaArchive(
        new ZipDirectory(bytes, { inflater: this.#budget.inflater, ...(load && { load }) }),
      );
    } catch (error) {
      yield { kind: 'problem', path, problem: `is not a readable archive: ${messageOf(error)}` };
      return;
    }
    for (const problem of archive.problems) yield { kind: 'problem', path, problem };
    const label = yield* this.#packages(archive, place);
    for (const entry of archive.nested) {
      const isPart = label.version !== undefined && placeOfResources.test(entry.path);
      yield* this.#nested(archive, entry, { ...place, parent: label, isPart });
    }
  }

  /** Yields the packages of an archive without those inside it. Returns how these name the archive. */
  *#packages(
    archive: JavaArchive,
    { path, depth, parent, isPart }: ArchivePlace,
  ): Generator<JavaFinding, Parent> {
    const base = baseNameOf(path);
    const manifest = yield* this.#manifest(archive, path);
    const fileName = { name: path.slice(path.lastIndexOf('/') + 1) };
    // A part of an agent of New Relic changes classes of a library, whose name and version it has.
    const isOfAgent = manifest.has('weave-classes');
    const name = isOfAgent ? nameless : { base, manifest };
    const poms = yield* this.#poms(archive, path);
    const identity = identifyArchive(poms, name);
    const { main, embedded, isNamedAfterMain } = identity;
    const label = main !== undefined && isNamedAfterMain ? namedVersionOf(main) : fileName;
    if (main !== undefined)
      yield { kind: 'package', path, package: { ...main, ...evidenceAt(depth, parent) } };
    // Metadata without code is what remains of a package that the build removed.
    if (archive.hasClasses)
      for (const each of embedded)
        yield { kind: 'package', path, package: { ...each, evidence: 'embedded-in-archive', parent: label } };
    const isKnownPart = isPart || (isOfAgent && placeInAgent.test(path));
    yield* unidentified(path, archive, { identity, name, parent, isPart: isKnownPart });
    return label;
  }

  *#manifest({ directory, manifest }: JavaArchive, path: string): Generator<JavaFinding, ManifestAttributes> {
    if (manifest === undefined) return new Map();
    const content = yield* this.#content(path, directory, {
      entry: manifest,
      bytesMax: limits.archiveMetadataBytes,
    });
    if (content === undefined) return new Map();
    const attributes = parseManifest(content);
    if (manifest.method !== 0) releaseBytes(content);
    return attributes;
  }

  *#poms(archive: JavaArchive, path: string): Generator<JavaFinding, Coordinates[]> {
    const found: Coordinates[] = [];
    for (const pom of archive.poms.slice(0, limits.packagesPerFile)) {
      const coordinates = yield* this.#coordinates(archive, path, pom);
      if (coordinates !== undefined) found.push(coordinates);
    }
    if (archive.poms.length > limits.packagesPerFile)
      yield {
        kind: 'problem',
        path,
        problem: `has more than ${limits.packagesPerFile} Maven files; the rest was not read`,
      };
    return found;
  }

  *#coordinates(
    { directory }: JavaArchive,
    path: string,
    { group, artifact, properties, xml }: PomFiles,
  ): Generator<JavaFinding, Coordinates | undefined> {
    const bytesMax = limits.mavenFileBytes;
    const ofProperties =
      properties && (yield* this.#content(path, directory, { entry: properties, bytesMax }));
    const stated = ofProperties === undefined ? {} : validMembers(parsePomProperties(ofProperties));
    const complete = completeCoordinates({ group, artifact, ...stated });
    if (complete !== undefined) return complete;
    const ofXml = xml && (yield* this.#content(path, directory, { entry: xml, bytesMax }));
    const declared = ofXml === undefined ? {} : yield* parsedPom(path, ofXml, { group, artifact });
    const resolved = completeCoordinates({ group, artifact, ...validMembers(declared), ...stated });
    if (resolved === undefined)
      yield {
        kind: 'problem',
        path,
        problem: `the Maven files of ${quoteUntrusted(`${group}:${artifact}`)} state no usable version`,
      };
    return resolved;
  }

  /** Returns the content of a small file. Yields a problem if it cannot be read. */
  *#content(
    path: string,
    directory: ZipDirectory,
    { entry, bytesMax }: { readonly entry: ZipHeader; readonly bytesMax: number },
  ): Generator<JavaFinding, Buffer | undefined> {
    if (!this.#budget.take(entry.bytes)) {
      yield { kind: 'problem', path, problem: budgetProblem };
      return undefined;
    }
    try {
      return directory.content(entry, bytesMax);
    } catch (error) {
      yield {
        kind: 'problem',
        path,
        problem: `${quoteUntrusted(entry.path)} cannot be read: ${messageOf(error)}`,
      };
      return undefined;
    }
  }

  *#nested({ directory }: JavaArchive, entry: ZipHeader, place: ArchivePlace): Generator<JavaFinding> {
    const path = `${place.path}!/${entry.path}`;
    const depth = place.depth + 1;
    const isStored = entry.method === 0;
    const heldBytes = place.heldBytes + (isStored ? 0 : entry.bytes);
    const refusal = this.#refusalOf({ path, depth, heldBytes }, isStored ? 0 : entry.bytes);
    if (refusal !== undefined) {
      yield { kind: 'problem', path, problem: refusal };
      return;
    }
    let content: JavaArchiveContent;
    try {
      content = isStored
        ? directory.storedFile(entry)
        : { bytes: directory.content(entry, limits.archiveHeldBytes - place.heldBytes) };
    } catch (error) {
      yield { kind: 'problem', path, problem: `cannot be read: ${messageOf(error)}` };
      return;
    }
    yield* this.read(content, { ...place, path, depth, heldBytes });
    if (!isStored) releaseBytes(content.bytes);
  }

  /** Returns why an archive inside another one is not opened. */
  #refusalOf(
    { path, depth, heldBytes }: Pick<ArchivePlace, 'path' | 'depth' | 'heldBytes'>,
    bytes: number,
  ): string | undefined {
    if (path.length > limits.pathBytes) return 'has too long a path, so it was not read';
    if (depth > limits.archiveDepth)
      return `is inside more than ${limits.archiveDepth} archives, so it was not read`;
    if (heldBytes > limits.archiveHeldBytes)
      return `has more than ${limits.archiveHeldBytes} bytes with the archives around it, so it was not read`;
    return this.#budget.take(bytes) ? undefined : budgetProblem;
  }
}

function evidenceAt(depth: number, parent: JavaPackage['parent']): Pick<JavaPackage, 'evidence' | 'parent'> {
  if (depth === 0) return { evidence: 'installed' };
  return { evidence: 'embedded-in-archive', ...(parent && { parent }) };
}

/** Known facts of the identity of an archive. */
interface IdentityFacts extends Pick<ArchivePlace, 'isPart'> {
  readonly identity: ArchiveIdentity;
  readonly name: ArchiveName;
  readonly parent: Parent | undefined;
}

/** Yields the content of an archive that its metadata do not identify. */
function* unidentified(
  path: string,
  { hasClasses, hasLibraryClasses, jndiLookup }: JavaArchive,
  { identity, name, parent, isPart }: IdentityFacts,
): Generator<JavaFinding> {
  const { main, embedded } = identity;
  const all = main === undefined ? embedded : [main, ...embedded];
  if (jndiLookup !== undefined && !all.some(({ artifact }) => artifact === 'log4j-core'))
    yield {
      kind: 'unidentified',
      path,
      reason: `contains a copy of log4j-core of an unknown version: ${quoteUntrusted(jndiLookup)}`,
    };
  else if (
    (hasLibraryClasses || (hasClasses && !isOfApplication(path, name.manifest))) &&
    all.length === 0 &&
    !isPart &&
    !generatedByQuarkus.test(path)
  )
    yield { kind: 'unidentified', path, ...ungrouped(name, parent) };
}

/** Returns why an archive is not identified, and the artifact if only the group is unknown. */
function ungrouped(
  name: ArchiveName,
  parent: Parent | undefined,
): Pick<Extract<JavaFinding, { kind: 'unidentified' }>, 'reason' | 'artifact'> {
  const artifact = artifactByName(name);
  if (artifact === undefined)
    return { reason: 'contains classes that neither metadata nor its name identifies' };
  return {
    reason: `is known only as ${quoteUntrusted(`${artifact.artifact} ${artifact.version}`)}, of an unknown group`,
    artifact: { ...artifact, ...(parent && { parent }) },
  };
}

/** Whether classes at the places of an application are those of the application itself, beside the archives of its libraries. */
function isOfApplication(path: string, manifest: ManifestAttributes): boolean {
  return manifest.has('spring-boot-version') || /\.(?:war|ear)$/i.test(path);
}

const generatedByQuarkus = /(?:^|\/)quarkus\/(?:generated|transformed)-bytecode\.jar$/;

function* parsedPom(
  path: string,
  content: Buffer,
  { group, artifact }: Pick<PomFiles, 'group' | 'artifact'>,
): Generator<JavaFinding, PartialCoordinates> {
  try {
    return parsePomXml(content);
  } catch (error) {
    const name = quoteUntrusted(`${group}:${artifact}`);
    yield { kind: 'problem', path, problem: `the pom.xml of ${name} cannot be read: ${messageOf(error)}` };
    return {};
  }
}
