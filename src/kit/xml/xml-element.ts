import { UnexpectedContent } from '../../core/corrupt-feed.ts';
import type { XmlElement } from './xml-stream.ts';

/** The first child of this name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** All children of this name. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The trimmed text of the first child of this name, or an empty string. */
export function textOf(element: XmlElement | undefined, name: string): string {
  return childOf(element, name)?.text.trim() ?? '';
}

/** The trimmed text of an element. */
export function contentOf(element: XmlElement): string {
  return element.text.trim();
}

/** The value of a required attribute. Throws an `UnexpectedContent` with the line if it is missing. */
export function attributeOf(element: XmlElement, name: string): string {
  const value = element.attributes[name];
  if (value === undefined || value === '') {
    throw new UnexpectedContent(`line ${element.line}`, `a ${element.name} without ${name}`);
  }
  return value;
}
