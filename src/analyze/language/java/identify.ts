import { type Coordinates, completeCoordinates, isPart } from './coordinates.ts';
import { type NamedArtifact, readingsOfJarName } from './jar-name.ts';
import { isKnownArtifact, knownGroup } from './known-artifacts.ts';
import type { ManifestAttributes } from './manifest.ts';

/** The name and manifest of an archive, which identify it besides its content. */
export interface ArchiveName {
  /** Name of the file without directory and extension. */
  readonly base: string;
  readonly manifest: ManifestAttributes;
}

/** The artifact that an archive is, and the artifacts that are packed into it. */
export interface ArchiveIdentity {
  readonly main: Coordinates | undefined;
  readonly embedded: readonly Coordinates[];
  /** Whether the file is named after the artifact and its version. */
  readonly isNamedAfterMain: boolean;
}

/** Chooses the artifact that an archive is among those whose metadata it has. Without any, identifies it by manifest and name. */
export function identifyArchive(poms: readonly Coordinates[], name: ArchiveName): ArchiveIdentity {
  const [best] = poms
    .map((pom) => ({ pom, fit: fitOf(pom, name.base) }))
    .filter(({ fit }) => fit > fits.no)
    .sort((a, b) => b.fit - a.fit || b.pom.artifact.length - a.pom.artifact.length);
  const named = best === undefined || best.fit === fits.prefix ? identifyByName(name) : undefined;
  const main = named ?? best?.pom;
  return {
    main,
    embedded: poms.filter((pom) => pom !== main),
    isNamedAfterMain:
      main !== undefined &&
      (named !== undefined || best?.fit === fits.version) &&
      fitOf(main, name.base) === fits.version,
  };
}

/** How well the name of a file fits an artifact: not, by the start of the name, by the whole artifact, or with the version. */
const fits = { no: 0, prefix: 1, artifact: 2, version: 3 } as const;

function fitOf({ group, artifact, version }: Coordinates, base: string): number {
  const start = [artifact, `${group}.${artifact}`].find((each) => base.startsWith(each));
  if (start === undefined) return fits.no;
  const rest = base.slice(start.length);
  if (rest === '') return fits.artifact;
  if (!rest.startsWith('-')) return fits.no;
  if (rest.slice(1) === version || rest.startsWith(`-${version}-`)) return fits.version;
  return /^-\d/.test(rest) ? fits.artifact : fits.prefix;
}

/**
 * Returns the artifact and the version of an archive whose group is unknown. Undefined if the name of its file lacks one of them, can be
 * read in several ways, or differs from the version in its manifest. Also undefined if the version is not that of a release: such an
 * archive is built from sources, or contains other artifacts (`-all`, `-min`).
 */
export function artifactByName({ base, manifest }: ArchiveName): NamedArtifact | undefined {
  const readings = readingsOfJarName(base).filter(
    ({ artifact, version }) => isPart(artifact) && releaseVersion.test(version),
  );
  const declared = versionKeys.flatMap((key) => manifest.get(key) ?? []);
  if (declared.length > 0) return readings.find(({ version }) => declared.includes(version));
  return readings.length === 1 ? readings[0] : undefined;
}

/** Identifies an archive without Maven metadata. The group must be known from a table, the manifest or the name. */
function identifyByName({ base, manifest }: ArchiveName): Coordinates | undefined {
  const plugin = jenkinsPlugin(manifest);
  if (plugin !== undefined) return plugin;
  for (const reading of readingsFor(base, manifest)) {
    const identity = withGroup(reading, manifest);
    if (identity !== undefined) return identity;
  }
  return undefined;
}

/**
 * Parses the title `group#project;version` that the Nebula plugin of Gradle writes. The artifact may have another name than the project.
 */
function titleOfNebula(
  manifest: ManifestAttributes,
): { readonly group: string; readonly artifact: string } | undefined {
  const [, group = '', artifact = ''] =
    /^([^#;]+)#([^#;]+);/.exec(manifest.get('implementation-title') ?? '') ?? [];
  return isPart(group) && isPart(artifact) ? { group, artifact } : undefined;
}

/** Identifies a plugin of Jenkins, whose manifest states everything. */
function jenkinsPlugin(manifest: ManifestAttributes): Coordinates | undefined {
  return completeCoordinates({
    group: manifest.get('group-id') ?? 'org.jenkins-ci.plugins',
    artifact: manifest.get('short-name'),
    version: manifest.get('plugin-version'),
  });
}

/** Returns the ways to read the artifact and the version. The version of the manifest and the table decide between several. */
function readingsFor(base: string, manifest: ManifestAttributes): NamedArtifact[] {
  const declared = versionIn(manifest);
  const product = productFiles.get(base);
  if (product !== undefined && declared !== undefined && isOfTomcat(manifest))
    return [{ artifact: product, version: declared }];
  const symbolicName = symbolicNameIn(manifest);
  if (symbolicName !== '' && base.startsWith(`${symbolicName}_`))
    return [{ artifact: symbolicName, version: base.slice(symbolicName.length + 1) }];
  const readings = readingsOfJarName(base);
  if (readings.length === 0)
    return declared === undefined
      ? []
      : [{ artifact: titleOfNebula(manifest)?.artifact ?? base, version: declared }];
  const known = readings.filter(({ artifact, version }) => isKnownArtifact(artifact, version)).reverse();
  return [...readings.filter(({ version }) => version === declared), ...known, ...readings];
}

/** The version of a release: numbers, and at most one of the usual qualifiers. */
const releaseVersion =
  /^\d+(?:\.\d+)*(?:[.-](?:final|release|ga|sp\d+|jre\d*|android|jdk\d+|(?:m|rc|cr|alpha|beta|b|r|v)[.-]?\d*|\d+))?$/i;

/** Attributes of a manifest with a version, the best first. */
const versionKeys: readonly string[] = [
  'plugin-version',
  'implementation-version',
  'bundle-version',
  'specification-version',
];

/** Returns the version that a manifest declares. */
function versionIn(manifest: ManifestAttributes): string | undefined {
  return versionKeys.map((key) => manifest.get(key)).find((version) => isPart(version) && /\d/.test(version));
}

function withGroup(
  { artifact, version }: NamedArtifact,
  manifest: ManifestAttributes,
): Coordinates | undefined {
  const known = knownGroup(artifact, version);
  if (known !== undefined) return completeCoordinates({ group: known, artifact, version });
  return (
    withGroupInName({ artifact, version }, manifest) ??
    completeCoordinates({ group: groupIn(manifest, artifact), artifact, version })
  );
}

const reverseDomain =
  /^(?:[a-z]{2,3}|info|io|dev|app|cloud|edu|gov|tech|jakarta|javax)\.[\w-]+(?:\.[\w-]+)*$/;

/** Identifies `org.scala-lang.scala-library-2.13.8`, as sbt and Quarkus name jars. */
function withGroupInName(
  { artifact: name, version }: NamedArtifact,
  manifest: ManifestAttributes,
): Coordinates | undefined {
  if (!reverseDomain.test(name)) return undefined;
  const declared = manifest.get('implementation-vendor-id');
  if (declared !== undefined && name.startsWith(`${declared}.`))
    return completeCoordinates({ group: declared, artifact: name.slice(declared.length + 1), version });
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const [group, artifact] = [name.slice(0, dot), name.slice(dot + 1)];
    if (knownGroup(artifact, version) === group) return completeCoordinates({ group, artifact, version });
  }
  return undefined;
}

/** Returns the name of an OSGi bundle, without its directives. */
function symbolicNameIn(manifest: ManifestAttributes): string {
  return manifest.get('bundle-symbolicname')?.split(';', 1)[0]?.trim() ?? '';
}

/** Names that stand for many groups. */
const vagueGroups: ReadonlySet<string> = new Set([
  'org.apache',
  'com.sun',
  'com.google',
  'org.eclipse',
  'com.oracle',
]);

/** Returns the group that a manifest declares in a member that the build fills with it. */
function groupIn(manifest: ManifestAttributes, artifact: string): string | undefined {
  const declared =
    titleOfNebula(manifest)?.group ?? manifest.get('group-id') ?? manifest.get('implementation-vendor-id');
  if (declared !== undefined && reverseDomain.test(declared) && !vagueGroups.has(declared)) return declared;
  const symbolicName = symbolicNameIn(manifest);
  const group = symbolicName.endsWith(`.${artifact}`) ? symbolicName.slice(0, -artifact.length - 1) : '';
  return reverseDomain.test(group) && !vagueGroups.has(group) ? group : undefined;
}

function isOfTomcat(manifest: ManifestAttributes): boolean {
  const title = manifest.get('implementation-title') ?? '';
  return title.startsWith('Apache Tomcat') || symbolicNameIn(manifest).startsWith('org.apache.tomcat');
}

/** Artifacts of Tomcat by the names of their files in its distribution, which have no version. */
const productFiles: ReadonlyMap<string, string> = new Map([
  ['bootstrap', 'tomcat'],
  ['annotations-api', 'tomcat-annotations-api'],
  ['catalina', 'tomcat-catalina'],
  ['catalina-ant', 'tomcat-catalina-ant'],
  ['catalina-ha', 'tomcat-catalina-ha'],
  ['catalina-ssi', 'tomcat-ssi'],
  ['catalina-storeconfig', 'tomcat-storeconfig'],
  ['catalina-tribes', 'tomcat-tribes'],
  ['el-api', 'tomcat-el-api'],
  ['jasper', 'tomcat-jasper'],
  ['jasper-el', 'tomcat-jasper-el'],
  ['jaspic-api', 'tomcat-jaspic-api'],
  ['jsp-api', 'tomcat-jsp-api'],
  ['servlet-api', 'tomcat-servlet-api'],
  ['websocket-api', 'tomcat-websocket-api'],
  ['websocket-client-api', 'tomcat-websocket-client-api'],
]);
