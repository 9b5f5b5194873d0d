import { messageOf } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent } from '../../../plugin/package-lister.ts';
import {
  type Coordinates,
  completeCoordinates,
  namedVersionOf,
  nameOfArtifact,
  type PartialCoordinates,
  validMembers,
} from './coordinates.ts';
import { type ArchiveIdentity, identifyArchive } from './identify.ts';
import { type ManifestAttributes, parseManifest } from './manifest.ts';
import { parsePomProperties } from './pom-properties.ts';
import { parsePomXml } from './pom-xml.ts';

/** The class of log4j that looks names up in JNDI, as a file of its own. */
const jndiLookup = 'log4j/core/lookup/JndiLookup.class';

/** Files of a Java archive that was unpacked into a directory. */
export const unpackedFiles = [
  ...['pom.properties', 'pom.xml'].map((name) => `**/META-INF/maven/*/*/${name}`),
  '**/META-INF/MANIFEST.MF',
  `**/${jndiLookup}`,
];

/** The directory of an archive. Maven files of an application may be among its classes. */
const placeOfPom = /^((?:.*\/)?)META-INF\/maven\/([^/]+)\/([^/]+)\/pom\.(properties|xml)$/;
const placeOfManifest = /^((?:.*\/)?)META-INF\/MANIFEST\.MF$/;
const placeOfLookup = /^((?:.*\/)?)(?:[^/]+\/){3}log4j\/core\/lookup\/JndiLookup\.class$/;
const classesOfApplication = /(?:WEB-INF|BOOT-INF)\/classes\/$/;

/** An unpacked archive. */
interface UnpackedArchive {
  /** Path with a trailing slash. Empty for the root of the image. */
  readonly directory: string;
  readonly poms: Map<string, UnpackedPom>;
  manifest?: UnpackedFile;
  /** Paths of the class of log4j. */
  readonly lookups: string[];
  /** Manifests that are not those of the archive. */
  readonly others: string[];
}

interface UnpackedFile {
  readonly path: string;
  readonly content: Uint8Array;
}

interface UnpackedPom {
  readonly group: string;
  readonly artifact: string;
  properties?: UnpackedFile;
  xml?: UnpackedFile;
}

/** Returns whether a file is one of an unpacked archive. */
export function isUnpackedFile(path: string): boolean {
  return placeOfPom.test(path) || placeOfManifest.test(path) || path.endsWith(`/${jndiLookup}`);
}

/**
 * Lists the artifacts of Java archives that were unpacked into directories, by their Maven files. Without these, the manifest and the name of
 * the directory identify it. A manifest that states a library which nothing identifies yields no event: then it counts as unread.
 */
export function* listUnpackedArchives(files: Files): Generator<ListerEvent> {
  for (const archive of archivesIn(files).values()) yield* listArchive(archive);
}

function archivesIn(files: Files): Map<string, UnpackedArchive> {
  const archives = new Map<string, UnpackedArchive>();
  const archiveAt = (place: string): UnpackedArchive => {
    const directory = place.replace(classesOfApplication, '');
    const archive = archives.get(directory) ?? { directory, poms: new Map(), lookups: [], others: [] };
    archives.set(directory, archive);
    return archive;
  };
  for (const [path, content] of files) addFile({ path, content }, archiveAt);
  return archives;
}

/** Adds a file to the archive of its directory. Other files are none of an unpacked archive. */
function addFile(file: UnpackedFile, archiveAt: (place: string) => UnpackedArchive): void {
  const { path } = file;
  const [, place] = placeOfPom.exec(path) ?? placeOfManifest.exec(path) ?? [];
  if (place === undefined) {
    if (path.endsWith(`/${jndiLookup}`)) archiveAt(placeOfLookup.exec(path)?.[1] ?? '').lookups.push(path);
  } else if (path.endsWith('.MF')) addManifest(archiveAt(place), place, file);
  else addPom(archiveAt(place), file);
}

function addPom({ poms }: UnpackedArchive, file: UnpackedFile): void {
  const [, , group = '', artifact = '', kind = ''] = placeOfPom.exec(file.path) ?? [];
  const key = nameOfArtifact({ group, artifact });
  poms.set(key, { group, artifact, ...poms.get(key), [kind]: file });
}

function addManifest(archive: UnpackedArchive, place: string, file: UnpackedFile): void {
  if (place === archive.directory) archive.manifest = file;
  else archive.others.push(file.path);
}

function* listArchive(archive: UnpackedArchive): Generator<ListerEvent> {
  const { poms, manifest, lookups, others } = archive;
  const found: (Coordinates & { readonly path: string })[] = [];
  for (const pom of poms.values()) {
    const read = readPom(pom);
    if ('problem' in read) yield { kind: 'problem', ...read };
    else found.push(read);
  }
  const attributes =
    manifest === undefined
      ? new Map<string, string>()
      : parseManifest(manifest.content.subarray(0, limits.mavenFileBytes));
  const identity = identifyArchive(found, { base: baseOf(archive), manifest: attributes });
  for (const each of found) yield packageEvent(each.path, each, parentOf(each, identity));
  if (manifest !== undefined) yield* manifestEvents(archive, manifest.path, { attributes, identity });
  for (const path of others) yield { kind: 'no-package', path };
  const hasLog4j = found.some(({ artifact }) => artifact === 'log4j-core');
  for (const path of lookups)
    yield hasLog4j
      ? { kind: 'no-package', path }
      : { kind: 'problem', path, problem: 'is a class of log4j-core of an unknown version' };
}

/** Returns the name of the directory. */
function baseOf({ directory }: Pick<UnpackedArchive, 'directory'>): string {
  const path = directory.slice(0, -1);
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.(?:jar|war|ear|jpi|hpi)$/i, '');
}

type PomResult =
  | (Coordinates & { readonly path: string })
  | { readonly path: string; readonly problem: string };

function readPom({ group, artifact, properties, xml }: UnpackedPom): PomResult {
  const path = (properties ?? xml)?.path ?? '';
  if ([properties, xml].some(isTooLarge))
    return { path, problem: `is one of Maven files that have more than ${limits.mavenFileBytes} bytes` };
  const stated = properties === undefined ? {} : validMembers(parsePomProperties(properties.content));
  const complete = completeCoordinates({ group, artifact, ...stated });
  if (complete !== undefined) return { ...complete, path };
  let declared: PartialCoordinates;
  try {
    declared = xml === undefined ? {} : validMembers(parsePomXml(xml.content));
  } catch (error) {
    return { path, problem: `the pom.xml beside it cannot be read: ${messageOf(error)}` };
  }
  const resolved = completeCoordinates({ group, artifact, ...declared, ...stated });
  if (resolved !== undefined) return { ...resolved, path };
  const name = quoteUntrusted(nameOfArtifact({ group, artifact }));
  return { path, problem: `the Maven files of ${name} state no usable version` };
}

function isTooLarge(file: UnpackedFile | undefined): boolean {
  return file !== undefined && file.content.length > limits.mavenFileBytes;
}

interface ManifestFacts {
  readonly attributes: ManifestAttributes;
  readonly identity: ArchiveIdentity;
}

/** Yields the archive of a manifest, unless it is known by its Maven files or is an application. */
function* manifestEvents(
  archive: UnpackedArchive,
  path: string,
  { attributes, identity: { main, isNamedAfterMain } }: ManifestFacts,
): Generator<ListerEvent> {
  const base = baseOf(archive);
  const isKnown = archive.poms.size > 0;
  if (!isKnown && main !== undefined && (isNamedAfterMain || isNamedBy(attributes, base)))
    yield packageEvent(path, main);
  else if (isKnown || !statesLibrary(attributes)) yield { kind: 'no-package', path };
}

/** Whether a directory has the name that its manifest states: that of a plugin of Jenkins, or of a bundle with its version. */
function isNamedBy(attributes: ManifestAttributes, base: string): boolean {
  const [bundle = ''] = (attributes.get('bundle-symbolicname') ?? '').split(';', 1);
  return attributes.get('short-name') === base || (bundle !== '' && base.startsWith(`${bundle.trim()}_`));
}

/** Whether a manifest is that of a library or plugin. Those of applications have no name that others could depend on. */
function statesLibrary(attributes: ManifestAttributes): boolean {
  const isPlugin = attributes.has('plugin-version') && attributes.has('short-name');
  return isPlugin || (attributes.has('bundle-symbolicname') && attributes.has('bundle-version'));
}

function packageEvent(path: string, found: Coordinates, parent?: Coordinates): ListerEvent {
  return {
    kind: 'package',
    path,
    package: {
      type: 'maven',
      ...namedVersionOf(found),
      evidence: 'installed',
      ...(parent !== undefined && { parent: namedVersionOf(parent) }),
    },
  };
}

/** Returns the artifact that contains another one: that which the directory is named after. */
function parentOf(found: Coordinates, { main, isNamedAfterMain }: ArchiveIdentity): Coordinates | undefined {
  return main !== undefined && isNamedAfterMain && main !== found ? main : undefined;
}
