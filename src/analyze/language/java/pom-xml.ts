import { limits } from '../../../core/limits.ts';
import { parseXml, type XmlElement } from '../../../kit/xml/xml-stream.ts';
import type { PartialCoordinates } from './coordinates.ts';

/** How often a property may refer to another one. */
const referenceDepth = 5;

/**
 * Parses the coordinates of a `pom.xml`. The group and the version may be those of its parent. Properties are resolved within the file
 * only. Throws an `XmlStreamError` if the file is not such a document.
 */
export function parsePomXml(content: Uint8Array): PartialCoordinates {
  const project = parseXml(content, 'project', {
    bytes: limits.archiveMetadataBytes,
    recordElements: limits.pomElements,
  });
  const parent = childOf(project, 'parent');
  const values = new Map(
    (childOf(project, 'properties')?.children ?? []).map(({ name, text }) => [name, text.trim()]),
  );
  const own = (name: string): string | undefined => textOf(project, name) ?? textOf(parent, name);
  for (const name of ['groupId', 'artifactId', 'version']) {
    const value = name === 'artifactId' ? textOf(project, name) : own(name);
    for (const prefix of ['project.', 'pom.', '']) setIfPresent(values, prefix + name, value);
    setIfPresent(values, `project.parent.${name}`, textOf(parent, name));
  }
  const resolve = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : resolved(text, values);
  return {
    group: resolve(own('groupId')),
    artifact: resolve(textOf(project, 'artifactId')),
    version: resolve(own('version')),
  };
}

function setIfPresent(values: Map<string, string>, name: string, value: string | undefined): void {
  if (value !== undefined) values.set(name, value);
}

function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

function textOf(element: XmlElement | undefined, name: string): string | undefined {
  const text = childOf(element, name)?.text.trim();
  return text === '' ? undefined : text;
}

/** Replaces properties. Those that the file does not define remain. */
function resolved(text: string, values: ReadonlyMap<string, string>): string {
  let current = text;
  for (let i = 0; i < referenceDepth && current.length <= 512 && current.includes('${'); i++)
    current = current.replaceAll(/\$\{([^{}]*)\}/g, (whole, name: string) => values.get(name) ?? whole);
  return current;
}
