const jsonKey = Symbol('json');

/** Where the elements of a lazy list come from. */
export interface LazyElements<T extends object> {
  readonly length: number;
  /** Reads the element at an index. It is called once for each index. */
  readonly elementAt: (index: number) => T;
  /** The elements as JSON, in the form of their writer. Absent if they were not written. */
  readonly json?: string;
}

/**
 * Returns a list whose elements are read at their first use. Its length and an element at an index can be had without the others. Every
 * other use reads all elements. Do not change it.
 */
export function lazyList<T extends object>({ length, elementAt, json }: LazyElements<T>): readonly T[] {
  const elements: (T | undefined)[] = new Array<T | undefined>(length);
  const read = (index: number): T | undefined => {
    if (index < length) elements[index] ??= elementAt(index);
    return elements[index];
  };
  let isComplete = false;
  const complete = (): void => {
    for (let index = 0; !isComplete && index < length; index++) read(index);
    isComplete = true;
  };
  return new Proxy(elements, {
    get: (target, key) => {
      if (key === jsonKey) return json;
      if (typeof key === 'string' && isIndex(key)) return read(Number(key));
      if (key !== 'length') complete();
      return Reflect.get(target, key) as unknown;
    },
    has: (target, key) => {
      complete();
      return Reflect.has(target, key);
    },
    ownKeys: (target) => {
      complete();
      return Reflect.ownKeys(target);
    },
    getOwnPropertyDescriptor: (target, key) => {
      complete();
      return Reflect.getOwnPropertyDescriptor(target, key);
    },
  }) as readonly T[];
}

function isIndex(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 0x30 && first <= 0x39;
}

/** Returns the elements of a lazy list as JSON, in the form of their writer. Undefined for any other list. */
export function jsonOfList(list: object): string | undefined {
  return (list as { readonly [jsonKey]?: string })[jsonKey];
}
