import { UnexpectedContent } from '../../core/corrupt-feed.ts';
import type { XmlElement } from './xml-stream.ts';

/** The first child of this name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** Every child of this name. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The text of the first child of this name, without blanks around it; empty where there is none. */
export function textOf(element: XmlElement | undefined, name: string): string {
  return childOf(element, name)?.text.trim() ?? '';
}

/** The text of an element without blanks around it. */
export function contentOf(element: XmlElement): string {
  return element.text.trim();
}

/** An attribute that must be there; throws an `UnexpectedContent` with its place. */
export function attributeOf(element: XmlElement, name: string): string {
  const value = element.attributes[name];
  if (value === undefined || value === '') {
    throw new UnexpectedContent(`line ${element.line}`, `a ${element.name} without ${name}`);
  }
  return value;
}
