import { bufferView } from '../../kit/bytes/bytes.ts';
import { childOf, childrenOf, textOf } from '../../kit/xml/xml-element.ts';
import type { XmlElement } from '../../kit/xml/xml-stream.ts';
import { type MavenProperties, resolveProperties } from '../maven-properties.ts';
import {
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  inexact,
  unpinned,
} from './declared-format.ts';
import { readXml } from './documents.ts';

const resolution = { rounds: 8, characters: 1024 };

/** Encodings of XML that have one byte for each character. */
const singleByteEncoding = /^(<\?xml[^>]*encoding=["'])(?:iso-8859-1|windows-1252|latin1)(["'])/i;

/**
 * Projects of Maven. Versions may be inherited from a parent, which is another file, or refer to properties. Only those that this file
 * states are known.
 */
export const mavenPom: DeclaredFormat = {
  name: 'maven-pom',
  type: 'maven',
  files: ['pom.xml'],
  *read(content) {
    const project = readXml(inUtf8(content), 'project');
    const properties = propertiesOf(project);
    const managed = managedVersions(project, properties);
    for (const dependency of dependenciesOf(project)) yield dependencyItem(dependency, properties, managed);
  },
};

/** Old projects are often declared to be ISO-8859-1, for the names of their authors. */
function inUtf8(content: Uint8Array): Uint8Array {
  const head = bufferView(content).toString('latin1', 0, 200);
  if (!singleByteEncoding.test(head)) return content;
  return Buffer.from(bufferView(content).toString('latin1').replace(singleByteEncoding, '$1utf-8$2'));
}

function dependenciesOf(element: XmlElement | undefined): readonly XmlElement[] {
  return childrenOf(childOf(element, 'dependencies'), 'dependency');
}

function propertiesOf(project: XmlElement): MavenProperties {
  const parent = childOf(project, 'parent');
  const properties = new Map(
    childOf(project, 'properties')?.children.map(({ name, text }) => [name, text.trim()]),
  );
  for (const name of ['groupId', 'artifactId', 'version']) {
    const value = textOf(project, name) || textOf(parent, name);
    for (const prefix of ['project.', 'pom.', ''])
      if (value !== '') properties.set(`${prefix}${name}`, value);
    if (textOf(parent, name) !== '') properties.set(`project.parent.${name}`, textOf(parent, name));
  }
  return properties;
}

/** Replaces references to properties. Those that this file does not define stay. */
function resolve(text: string, properties: MavenProperties): string {
  return resolveProperties(text, properties, resolution);
}

function coordinatesOf(dependency: XmlElement, properties: MavenProperties): string {
  const [group, artifact] = ['groupId', 'artifactId'].map((name) =>
    resolve(textOf(dependency, name), properties),
  );
  return `${group}:${artifact}`;
}

/** Returns the versions that the file states for dependencies of this project and its modules. */
function managedVersions(project: XmlElement, properties: MavenProperties): MavenProperties {
  return new Map(
    dependenciesOf(childOf(project, 'dependencyManagement')).map((dependency) => [
      coordinatesOf(dependency, properties),
      resolve(textOf(dependency, 'version'), properties),
    ]),
  );
}

function dependencyItem(
  dependency: XmlElement,
  properties: MavenProperties,
  managed: MavenProperties,
): DeclaredItem {
  const name = coordinatesOf(dependency, properties);
  const stated = resolve(textOf(dependency, 'version'), properties) || (managed.get(name) ?? '');
  const version = stated.replace(/^\[([^,[\]]+)\]$/, '$1');
  if (version === '') return unpinned(name, 'has its version in another file');
  return /[${}[\](),\s]/.test(version) ? inexact(name, version) : declaredPackage(name, version);
}
