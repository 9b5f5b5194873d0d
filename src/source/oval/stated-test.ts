import type { PlainTags } from '../../kit/xml/plain-tags.ts';
import { attributeOf, childOf, childrenOf, contentOf } from '../../kit/xml/xml-element.ts';
import type { XmlElement } from '../../kit/xml/xml-stream.ts';

/** The required value of a package field: `{operation: 'less than', value: '0:1.2-3.el8'}`. */
export interface StateField {
  readonly operation: string;
  readonly value: string;
}

/** A `rpminfo_test` of OVAL's Linux schema. */
export interface StatedTest {
  readonly kind: 'test';
  readonly id: string;
  /** Empty if it is not stated, like `existence`. */
  readonly check: string;
  readonly existence: string;
  /** Id of its object. Undefined if it does not have exactly one. */
  readonly object: string | undefined;
  /** Id of its state. `several` if it has more than one. */
  readonly state: string | undefined | { readonly several: true };
}

/** A `rpminfo_object`. */
export interface StatedObject {
  readonly kind: 'object';
  readonly id: string;
  /** The name of its package. Undefined if it states another condition than one name. */
  readonly name: string | undefined;
}

/** A `rpminfo_state`. */
export interface StatedState {
  readonly kind: 'state';
  readonly id: string;
  readonly fields: readonly (readonly [name: string, field: StateField])[];
}

/** A child of `tests`, `objects` or `states`. `other` is not about packages. */
export type StatedPart = StatedTest | StatedObject | StatedState | { readonly kind: 'other' };

const other = { kind: 'other' } as const;
const several = { several: true } as const;

/** Reads an element. Throws `UnexpectedContent` if it lacks an id. */
export function ofElement(element: XmlElement): StatedPart {
  if (element.name === 'rpminfo_test') return testOf(element);
  if (element.name === 'rpminfo_object') return objectOf(element);
  return element.name === 'rpminfo_state' ? stateOf(element) : other;
}

function testOf(element: XmlElement): StatedTest {
  const [object, ...objects] = childrenOf(element, 'object');
  const [state, ...states] = childrenOf(element, 'state');
  const { check = '', check_existence: existence = '' } = element.attributes;
  return {
    kind: 'test',
    id: attributeOf(element, 'id'),
    check,
    existence,
    object: object && objects.length === 0 ? attributeOf(object, 'object_ref') : undefined,
    state: states.length > 0 ? several : state && attributeOf(state, 'state_ref'),
  };
}

function objectOf(element: XmlElement): StatedObject {
  const name = childOf(element, 'name');
  const isPlain =
    name !== undefined && (name.attributes['operation'] ?? 'equals') === 'equals' && contentOf(name) !== '';
  return { kind: 'object', id: attributeOf(element, 'id'), name: isPlain ? contentOf(name) : undefined };
}

function stateOf(element: XmlElement): StatedState {
  return {
    kind: 'state',
    id: attributeOf(element, 'id'),
    fields: element.children.map((field): [string, StateField] => [
      field.name,
      { operation: field.attributes['operation'] ?? 'equals', value: contentOf(field) },
    ]),
  };
}

/** Reads the same from tags. Undefined if it lacks an id, so that the element must be read. */
export function ofPlainTags(tags: PlainTags): StatedPart | undefined {
  if (tags.isNamed(0, 'rpminfo_test')) return plainTest(tags);
  if (tags.isNamed(0, 'rpminfo_object')) return plainObject(tags);
  return tags.isNamed(0, 'rpminfo_state') ? plainState(tags) : other;
}

function plainTest(tags: PlainTags): StatedTest | undefined {
  const id = tags.attributeOf(0, 'id');
  const object = onlyReference(tags, 'object', 'object_ref');
  const state = onlyReference(tags, 'state', 'state_ref');
  if (!id || object === '' || state === '') return undefined;
  return {
    kind: 'test',
    id,
    check: tags.attributeOf(0, 'check') ?? '',
    existence: tags.attributeOf(0, 'check_existence') ?? '',
    object: typeof object === 'string' ? object : undefined,
    state,
  };
}

/** Returns the id that the only child of this name refers to; empty if it states none. Undefined without such a child. */
function onlyReference(tags: PlainTags, name: string, reference: string): StatedTest['state'] {
  let found: string | undefined;
  for (let tag = 1; tag < tags.count; tag++) {
    if (!tags.isNamed(tag, name)) continue;
    if (found !== undefined) return several;
    found = tags.attributeOf(tag, reference) ?? '';
  }
  return found;
}

function plainObject(tags: PlainTags): StatedObject | undefined {
  const id = tags.attributeOf(0, 'id');
  if (!id) return undefined;
  let tag = 1;
  while (tag < tags.count && !tags.isNamed(tag, 'name')) tag++;
  const isEqual = tag < tags.count && (tags.attributeOf(tag, 'operation') ?? 'equals') === 'equals';
  return { kind: 'object', id, name: (isEqual && tags.textOf(tag)) || undefined };
}

function plainState(tags: PlainTags): StatedState | undefined {
  const id = tags.attributeOf(0, 'id');
  if (!id) return undefined;
  const fields = Array.from({ length: tags.count - 1 }, (_, i): [string, StateField] => [
    tags.nameOf(i + 1),
    { operation: tags.attributeOf(i + 1, 'operation') ?? 'equals', value: tags.textOf(i + 1) },
  ]);
  return { kind: 'state', id, fields };
}
