/**
 * A Go type as far as `encoding/json` shows it: what is decoded into it, in which order its fields are encoded, which of them are
 * left out when empty, and what it is called in messages.
 */
export type GoType =
  | { readonly kind: 'string' | 'int' | 'any' }
  | { readonly kind: 'map'; readonly of: GoType }
  | { readonly kind: 'list'; readonly of: GoType; readonly isPointer: boolean }
  | GoStruct;

/** A struct. Its fields are asked for late, because structs may hold each other. */
export interface GoStruct<T = unknown> {
  readonly kind: 'struct';
  /** With the package, as messages have it: `v1.Layer`. */
  readonly name: string;
  readonly fields: () => Readonly<Record<string, GoField>>;
  /** Carries the type of TypeScript; never there. */
  readonly phantom?: T;
}

/** A field of a struct: its type, or its type and that it is written even when it is empty. */
export type GoField = GoType | { readonly kind: 'always'; readonly of: GoType };

/** Describes the struct whose values are a type of TypeScript: every field once, in the order of Go's declaration. */
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

/** `string`. */
export const goString: GoType = { kind: 'string' };

/** `int`. */
export const goInt: GoType = { kind: 'int' };

/** `map[string]string`. */
export const goTextMap: GoType = { kind: 'map', of: goString };

/** `map[string]interface{}`. */
export const goAnyMap: GoType = { kind: 'map', of: { kind: 'any' } };

/** `[]T`; left out when it is empty. */
export function goList(of: GoType): GoType {
  return { kind: 'list', of, isPointer: false };
}

/** `*[]T`, left out when it is absent and `null` when it is empty. */
export function goListPointer(of: GoType): GoType {
  return { kind: 'list', of, isPointer: true };
}

/** A field without `omitempty`. */
export function always(of: GoType): GoField {
  return { kind: 'always', of };
}

/** The type of a field. */
export function typeOf(field: GoField): GoType {
  return field.kind === 'always' ? field.of : field;
}

/** What Go calls a type. */
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

/** What a variable of a type holds before anything is put there; of a struct, the fields that are always written. */
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
