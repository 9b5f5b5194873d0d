import { encodeGoJson } from '../go-json-encode.ts';

/** The type of a field of a request. */
type FieldShape = 'string' | 'text map' | { readonly listOf: MessageShape };

/** The fields of a message, by name. */
export type MessageShape = Readonly<Record<string, FieldShape>>;

/** An error with the message of Go's jsonpb for JSON that is not a message. */
export class ProtoJsonError extends Error {
  override readonly name = 'ProtoJsonError';
}

/**
 * Decodes a message from a JSON value as jsonpb does. Names may be as in the proto or in camel case. `null` means absent, and absent
 * fields are empty. Unknown fields are ignored. Throws `ProtoJsonError`.
 */
export function decodeProtoJson(shape: MessageShape, value: unknown): object {
  const members = new Map(Object.entries(objectIn(value)));
  return Object.fromEntries(
    Object.entries(shape).map(([name, field]) => [
      name,
      fieldIn(field, members.get(camelCase(name)) ?? members.get(name)),
    ]),
  );
}

function fieldIn(shape: FieldShape, value: unknown): unknown {
  if (shape === 'string') return textIn(value);
  if (shape === 'text map')
    return Object.fromEntries(Object.entries(objectIn(value)).map(([key, held]) => [key, textIn(held)]));
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw unmarshalError(value, '[]json.RawMessage');
  return value.map((element) => decodeProtoJson(shape.listOf, element));
}

function textIn(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw unmarshalError(value, 'string');
  return value;
}

function objectIn(value: unknown): object {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw unmarshalError(value, 'map[string]json.RawMessage');
  return value;
}

function unmarshalError(value: unknown, type: string): ProtoJsonError {
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return new ProtoJsonError(`json: cannot unmarshal ${kind} into Go value of type ${type}`);
}

/** Returns the camel-case form of a name of the proto. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Encodes a message as jsonpb does for grpc-gateway: without empty fields and without a line feed. */
export function encodeProtoJson(message: object): string {
  return encodeGoJson(omitZeros(message)).trimEnd();
}

function omitZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(omitZeros);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, held]) => !isZero(held));
  return Object.fromEntries(fields.map(([name, held]) => [name, omitZeros(held)]));
}

function isZero(value: unknown): boolean {
  return value === undefined || value === '' || value === 0 || (Array.isArray(value) && value.length === 0);
}
