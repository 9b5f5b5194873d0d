import * as z from 'zod/mini';

/** A schema for every property. If the contract gets a property without a schema, this does not compile. */
export type Fields<T> = Readonly<Record<keyof Required<T>, z.ZodMiniType>>;

/** Returns the schema of a union. If the contract gets a kind without a schema, the call does not compile. */
export function schemaByKind<T extends { readonly kind: string }>(
  schemas: Readonly<Record<T['kind'], z.ZodMiniObject>>,
): z.ZodMiniType {
  const options = Object.values(schemas) as [z.ZodMiniObject, ...z.ZodMiniObject[]];
  return z.discriminatedUnion('kind', options, {
    error: ({ code }: z.core.$ZodRawIssue) =>
      code === 'invalid_union' ? `must be one of ${Object.keys(schemas).join(', ')}` : undefined,
  });
}
