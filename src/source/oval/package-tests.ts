import { attributeOf, childOf, childrenOf, contentOf } from '../../kit/xml/xml-element.ts';
import type { XmlElement } from '../../kit/xml/xml-stream.ts';
import { Column } from './column.ts';
import { Ordinals } from './ordinals.ts';

/** What a field of a package must be: `{operation: 'less than', value: '0:1.2-3.el8'}`. */
export interface StateField {
  readonly operation: string;
  readonly value: string;
}

/** What a package must be, by field: `evr`, `version`, `arch`, `signature_keyid`… */
export type State = Readonly<Record<string, StateField>>;

/** A test of an installed package (`rpminfo_test` of OVAL's Linux schema). */
export interface PackageTest {
  readonly package: string;
  /** What it must be besides installed; empty where nothing more is asked. */
  readonly state: State;
  /** Whether it asks that no such package is installed. */
  readonly absent: boolean;
}

/** In place of an ordinal: nothing is known yet, there is none, there is none that can be understood. */
const unset = -1;
const none = -2;
const unclear = -3;
const present = 0;
const absent = 1;
/** Only tests of one package by its exact name, `at least one` of which is as one state says, are what advisories need. */
const plainChecks: ReadonlySet<string> = new Set(['at least one', 'all', 'only one', '']);
const existences: ReadonlyMap<string, number> = new Map([
  ['', present],
  ['at_least_one_exists', present],
  ['only_one_exists', present],
  ['none_exist', absent],
]);

/**
 * The tests of a feed with the objects and states they name, in little memory: a feed has hundreds of thousands, stated after
 * the definitions that need them.
 */
export class PackageTests {
  readonly #tests = new Ordinals();
  readonly #objects = new Ordinals();
  readonly #states = new Ordinals();
  /** By ordinal of the test. */
  readonly #objectOf = new Column(Int32Array, unset);
  readonly #stateOf = new Column(Int32Array, unset);
  readonly #kindOf = new Column(Int32Array, unset);
  /** By ordinal of the object and of the state: the place in the lists after it. */
  readonly #nameOf = new Column(Int32Array, unset);
  readonly #contentOf = new Column(Int32Array, unset);
  readonly #names = new StringTable();
  readonly #contents = new StringTable();

  /** Takes a child of `tests`, `objects` or `states`; what is not about packages is left out. */
  add(element: XmlElement): void {
    if (element.name === 'rpminfo_test') this.#addTest(element);
    else if (element.name === 'rpminfo_object') this.#addObject(element);
    else if (element.name === 'rpminfo_state') this.#addState(element);
  }

  /** The test of this id; undefined when there is none, or none that is simple enough to be understood. */
  find(id: string): PackageTest | undefined {
    const test = this.#tests.find(id);
    if (test === undefined) return undefined;
    const kind = this.#kindOf.get(test);
    const name = this.#names.get(this.#nameOf.get(this.#objectOf.get(test)));
    const state = this.#stateOf.get(test);
    const content = state === none ? '{}' : this.#contents.get(this.#contentOf.get(state));
    if (name === undefined || content === undefined || kind < 0) return undefined;
    return { package: name, state: JSON.parse(content) as State, absent: kind === absent };
  }

  #addTest(element: XmlElement): void {
    const objects = childrenOf(element, 'object');
    const states = childrenOf(element, 'state');
    const [object] = objects;
    const [state] = states;
    const { check = '', check_existence: existence = '' } = element.attributes;
    const kind = plainChecks.has(check) ? existences.get(existence) : undefined;
    const test = this.#tests.of(attributeOf(element, 'id'));
    const objectOf =
      objects.length === 1 && object ? this.#objects.of(attributeOf(object, 'object_ref')) : unclear;
    const stateOf =
      states.length > 1 ? unclear : state ? this.#states.of(attributeOf(state, 'state_ref')) : none;
    setOnce(this.#objectOf, test, objectOf);
    setOnce(this.#stateOf, test, stateOf);
    setOnce(this.#kindOf, test, kind ?? unclear);
  }

  #addObject(element: XmlElement): void {
    const name = childOf(element, 'name');
    const isPlain =
      name !== undefined && (name.attributes['operation'] ?? 'equals') === 'equals' && contentOf(name) !== '';
    const object = this.#objects.of(attributeOf(element, 'id'));
    setOnce(this.#nameOf, object, isPlain ? this.#names.of(contentOf(name)) : unclear);
  }

  #addState(element: XmlElement): void {
    const fields = element.children.map((field): [string, StateField] => [
      field.name,
      { operation: field.attributes['operation'] ?? 'equals', value: contentOf(field) },
    ]);
    const state = this.#states.of(attributeOf(element, 'id'));
    setOnce(this.#contentOf, state, this.#contents.of(JSON.stringify(Object.fromEntries(fields))));
  }
}

/** What is said twice and differently is unclear. */
function setOnce(column: Column, index: number, value: number): void {
  const previous = column.get(index);
  column.put(index, previous === unset || previous === value ? value : unclear);
}

/** Texts of which each is kept once: thousands of objects are of the same package. */
class StringTable {
  readonly #indexes = new Map<string, number>();
  readonly #texts: string[] = [];

  get(index: number): string | undefined {
    return this.#texts[index];
  }

  of(text: string): number {
    const index = this.#indexes.get(text);
    if (index !== undefined) return index;
    // A copy, since what a parser cuts out of a piece of the file keeps all of that piece in memory.
    const copy = Buffer.from(text).toString();
    this.#indexes.set(copy, this.#texts.length);
    return this.#texts.push(copy) - 1;
  }
}
