import { compareText } from '../../model/order.ts';
import { type GoStruct, type GoType, typeOf } from './go-type.ts';

/** A JSON Schema of the 2020-12 draft, which OpenAPI 3.1 uses. */
export type Schema = Readonly<Record<string, unknown>>;

/** Returns the name of a struct in the schemas of a document: `Layer` for `v1.Layer`. */
function schemaName({ name }: GoStruct): string {
  return name.replace(/^.*\./, '');
}

/** Returns the JSON Schema of a Go type. Structs become references. */
export function schemaOf(type: GoType): Schema {
  switch (type.kind) {
    case 'any':
      return {};
    case 'string':
      return { type: 'string' };
    case 'int':
      return { type: 'integer' };
    case 'map':
      return { type: 'object', additionalProperties: schemaOf(type.of) };
    case 'list':
      return { type: type.isPointer ? ['array', 'null'] : 'array', items: schemaOf(type.of) };
    case 'struct':
      return { $ref: `#/components/schemas/${schemaName(type)}` };
  }
}

/** Returns the schemas of structs and of all structs in their fields, by name. */
export function schemasOf(structs: readonly GoStruct[]): Readonly<Record<string, Schema>> {
  const schemas = new Map<string, Schema>();
  const pending = [...structs];
  for (let struct = pending.shift(); struct !== undefined; struct = pending.shift()) {
    const name = schemaName(struct);
    if (schemas.has(name)) continue;
    const fields = Object.entries(struct.fields());
    const required = fields.filter(([, { kind }]) => kind === 'always').map(([field]) => field);
    schemas.set(name, {
      type: 'object',
      properties: Object.fromEntries(fields.map(([field, of]) => [field, schemaOf(typeOf(of))])),
      ...(required.length > 0 && { required }),
    });
    pending.push(...fields.flatMap(([, field]) => structsIn(typeOf(field))));
  }
  return Object.fromEntries([...schemas].sort(([a], [b]) => compareText(a, b)));
}

function structsIn(type: GoType): GoStruct[] {
  if (type.kind === 'struct') return [type];
  return type.kind === 'list' || type.kind === 'map' ? structsIn(type.of) : [];
}
