/**
 * The parts of a Go type that `encoding/json` depends on: kind, order of fields, which fields have `omitempty`, and the name in
 * messages.
 */
export type GoType =
  | { readonly kind: 'string' | 'int' | 'any' }
  | { readonly kind: 'map'; readonly of: GoType }
  | { readonly kind: 'list'; readonly of: GoType; readonly isPointer: boolean }
  | GoStruct;

/** A struct. `fields` is a function, since structs may refer to each other. */
export interface GoStruct<T = unknown> {
  readonly kind: 'struct';
  /** The name with its package, as in messages: `v1.Layer`. */
  readonly name: string;
  readonly fields: () => Readonly<Record<string, GoField>>;
  /** Carries the TypeScript type; never set. */
  readonly phantom?: T;
}

/** A field of a struct: with `omitempty`, its type; without, `always`. */
export type GoField = GoType | { readonly kind: 'always'; readonly of: GoType };

/** Describes the struct for a TypeScript type: every field once, in the order of the Go declaration. */
export function goStruct<T>(
  name: string,
  fields: () => { readonly [K in keyof Required<NoInfer<T>>]: GoField },
): GoStruct<T> {
  let cachedFields: Readonly<Record<string, GoField>> | undefined;
  return {
    kind: 'struct',
    name,
    fields: () => {
      cachedFields ??= fields();
      return cachedFields;
    },
  };
}

/** The Go type `string`. */
export const goString: GoType = { kind: 'string' };

/** The Go type `int`. */
export const goInt: GoType = { kind: 'int' };

/** The Go type `map[string]string`. */
export const goTextMap: GoType = { kind: 'map', of: goString };

/** The Go type `map[string]interface{}`. */
export const goAnyMap: GoType = { kind: 'map', of: { kind: 'any' } };

/** Returns the Go type `[]T`, which `omitempty` omits when it is empty. */
export function goList(of: GoType): GoType {
  return { kind: 'list', of, isPointer: false };
}

/** Returns the Go type `*[]T`, which is omitted when absent and `null` when empty. */
export function goListPointer(of: GoType): GoType {
  return { kind: 'list', of, isPointer: true };
}

/** Returns a field without `omitempty`. */
export function always(of: GoType): GoField {
  return { kind: 'always', of };
}

/** Returns the type of a field, with or without `omitempty`. */
export function typeOf(field: GoField): GoType {
  return field.kind === 'always' ? field.of : field;
}

/** Returns the name of a type in messages of Go. */
export function goName(type: GoType): string {
  switch (type.kind) {
    case 'any':
      return 'interface {}';
    case 'map':
      return `map[string]${goName(type.of)}`;
    case 'list':
      return `[]${goName(type.of)}`;
    case 'struct':
      return type.name;
    case 'string':
    case 'int':
      return type.kind;
  }
}

/** Returns the zero value of a type; for a struct, its fields without `omitempty`. */
export function zeroOf(type: GoType): unknown {
  switch (type.kind) {
    case 'string':
      return '';
    case 'int':
      return 0;
    case 'any':
      return null;
    case 'map':
      return {};
    case 'list':
      return [];
    case 'struct':
      return Object.fromEntries(
        Object.entries(type.fields()).flatMap(([name, field]) =>
          field.kind === 'always' ? [[name, zeroOf(field.of)]] : [],
        ),
      );
  }
}
