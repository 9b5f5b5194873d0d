import { limits } from '../../../core/limits.ts';
import { childOf, textOf } from '../../../kit/xml/xml-element.ts';
import { parseXml, type XmlElement } from '../../../kit/xml/xml-stream.ts';
import { resolveProperties } from '../../maven-properties.ts';
import type { PartialCoordinates } from './coordinates.ts';

const resolution = { rounds: 5, characters: 512 };

/**
 * Parses the coordinates of a `pom.xml`. The group and the version may be those of its parent. Properties are resolved within the file
 * only. Throws an `XmlStreamError` if the file is not such a document.
 */
export function parsePomXml(content: Uint8Array): PartialCoordinates {
  const project = parseXml(content, 'project', {
    bytes: limits.mavenFileBytes,
    recordElements: limits.pomElements,
  });
  const parent = childOf(project, 'parent');
  const values = new Map(
    (childOf(project, 'properties')?.children ?? []).map(({ name, text }) => [name, text.trim()]),
  );
  const own = (name: string): string | undefined => statedIn(project, name) ?? statedIn(parent, name);
  for (const name of ['groupId', 'artifactId', 'version']) {
    const value = name === 'artifactId' ? statedIn(project, name) : own(name);
    for (const prefix of ['project.', 'pom.', '']) setIfPresent(values, prefix + name, value);
    setIfPresent(values, `project.parent.${name}`, statedIn(parent, name));
  }
  const resolve = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : resolveProperties(text, values, resolution);
  return {
    group: resolve(own('groupId')),
    artifact: resolve(statedIn(project, 'artifactId')),
    version: resolve(own('version')),
  };
}

function setIfPresent(values: Map<string, string>, name: string, value: string | undefined): void {
  if (value !== undefined) values.set(name, value);
}

/** Returns the text of an element within another. Undefined if it is missing or empty. */
function statedIn(element: XmlElement | undefined, name: string): string | undefined {
  return textOf(element, name) || undefined;
}
