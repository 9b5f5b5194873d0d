import { Column } from '../../kit/number-column.ts';
import { Ordinals } from '../../kit/ordinals.ts';
import { PlainTags } from '../../kit/xml/plain-tags.ts';
import type { XmlText } from '../../kit/xml/xml-stream.ts';
import {
  ofElement,
  ofPlainTags,
  type StatedObject,
  type StatedState,
  type StatedTest,
  type StateField,
} from './stated-test.ts';

/** The required values by field: `evr`, `version`, `arch`, `signature_keyid`… */
export type State = Readonly<Record<string, StateField>>;

/** A test of an installed package (`rpminfo_test` of OVAL's Linux schema). */
export interface PackageTest {
  readonly package: string;
  /** Further requirements. Empty if the package only needs to be installed. */
  readonly state: State;
  /** Whether the test requires that no such package is installed. */
  readonly absent: boolean;
}

/** Ordinals for: not yet known, absent, unsupported. */
const unset = -1;
const none = -2;
const unclear = -3;
const present = 0;
const absent = 1;
/** Advisories only need tests of one package by its exact name, at least one instance of which matches one state. */
const plainChecks: ReadonlySet<string> = new Set(['at least one', 'all', 'only one', '']);
const existences: ReadonlyMap<string, number> = new Map([
  ['', present],
  ['at_least_one_exists', present],
  ['only_one_exists', present],
  ['none_exist', absent],
]);

/**
 * The tests of a feed with the objects and states they reference, in a compact form: a feed has hundreds of thousands,
 * and they follow the definitions that need them.
 */
export class PackageTests {
  readonly #tags = new PlainTags();
  readonly #tests = new Ordinals();
  readonly #objects = new Ordinals();
  readonly #states = new Ordinals();
  /** By test ordinal. */
  readonly #objectOf = new Column(Int32Array, unset);
  readonly #stateOf = new Column(Int32Array, unset);
  readonly #kindOf = new Column(Int32Array, unset);
  /** By object and state ordinal: the index in the lists below. */
  readonly #nameOf = new Column(Int32Array, unset);
  readonly #contentOf = new Column(Int32Array, unset);
  readonly #names = new StringTable();
  readonly #contents = new StringTable();

  /** Adds a child of `tests`, `objects` or `states`. Ignores those that are not about packages. */
  add(text: Pick<XmlText, 'bytes' | 'element'>): void {
    const plain = this.#tags.read(text.bytes) ? ofPlainTags(this.#tags) : undefined;
    const stated = plain ?? ofElement(text.element());
    if (stated.kind === 'test') this.#addTest(stated);
    else if (stated.kind === 'object') this.#addObject(stated);
    else if (stated.kind === 'state') this.#addState(stated);
  }

  /** Returns the test of this id; undefined if it does not exist or is unsupported. */
  find(id: string): PackageTest | undefined {
    const stated = this.#statedBy(id);
    if (stated === undefined) return undefined;
    return { ...stated, state: JSON.parse(stated.state) as State };
  }

  /** Returns all that the test of this id states as one line of text; empty if it does not exist or is unsupported. */
  textOf(id: string): string {
    const stated = this.#statedBy(id);
    return stated === undefined ? '' : `${stated.absent} ${JSON.stringify(stated.package)} ${stated.state}`;
  }

  /** Returns the test with its state as JSON text. */
  #statedBy(id: string): (Omit<PackageTest, 'state'> & { readonly state: string }) | undefined {
    const test = this.#tests.find(id);
    if (test === undefined) return undefined;
    const kind = this.#kindOf.get(test);
    const name = this.#names.get(this.#nameOf.get(this.#objectOf.get(test)));
    const state = this.#stateOf.get(test);
    const content = state === none ? '{}' : this.#contents.get(this.#contentOf.get(state));
    if (name === undefined || content === undefined || kind < 0) return undefined;
    return { package: name, state: content, absent: kind === absent };
  }

  #addTest({ id, check, existence, object, state }: StatedTest): void {
    const kind = plainChecks.has(check) ? existences.get(existence) : undefined;
    const test = this.#tests.of(id);
    const stateOf = state === undefined ? none : typeof state === 'string' ? this.#states.of(state) : unclear;
    setOnce(this.#objectOf, test, object === undefined ? unclear : this.#objects.of(object));
    setOnce(this.#stateOf, test, stateOf);
    setOnce(this.#kindOf, test, kind ?? unclear);
  }

  #addObject({ id, name }: StatedObject): void {
    const object = this.#objects.of(id);
    setOnce(this.#nameOf, object, name === undefined ? unclear : this.#names.of(name));
  }

  #addState({ id, fields }: StatedState): void {
    const state = this.#states.of(id);
    setOnce(this.#contentOf, state, this.#contents.of(JSON.stringify(Object.fromEntries(fields))));
  }
}

/** Sets a value once. Two different values make it unclear. */
function setOnce(column: Column, index: number, value: number): void {
  const previous = column.get(index);
  column.put(index, previous === unset || previous === value ? value : unclear);
}

/** Stores each text once: thousands of objects name the same package. */
class StringTable {
  readonly #indexes = new Map<string, number>();
  readonly #texts: string[] = [];

  get(index: number): string | undefined {
    return this.#texts[index];
  }

  of(text: string): number {
    const index = this.#indexes.get(text);
    if (index !== undefined) return index;
    // A copy: a substring of a parser chunk would keep the whole chunk in memory.
    const copy = Buffer.from(text).toString();
    this.#indexes.set(copy, this.#texts.length);
    return this.#texts.push(copy) - 1;
  }
}
