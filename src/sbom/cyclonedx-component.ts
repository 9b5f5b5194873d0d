import * as z from 'zod/mini';
import { limits } from '../core/limits.ts';
import { Properties } from './cyclonedx-properties.ts';
import { parsePart, tooManyListed } from './sbom-json.ts';

const text = z.nullish(z.string());
const list = z.nullish(z.array(z.unknown()));

/** The members of a component that are read, CycloneDX 1.2 to 1.7. */
const componentSchema = z.pipe(
  z.object({
    type: text,
    'bom-ref': text,
    group: text,
    name: text,
    version: text,
    description: text,
    publisher: text,
    supplier: z.nullish(z.object({ name: text, contact: z.nullish(z.array(z.object({ email: text }))) })),
    hashes: z.nullish(z.array(z.object({ alg: text, content: text }))),
    licenses: list,
    purl: text,
    evidence: z.nullish(z.object({ occurrences: z.nullish(z.array(z.object({ location: text }))) })),
    properties: z.nullish(z.array(z.object({ name: z.string(), value: text }))),
    components: list,
  }),
  z.transform(({ properties, components, ...rest }) => ({
    ...rest,
    properties: new Properties(properties ?? []),
    components: components ?? [],
  })),
);

/** A component. Its nested components are not parsed yet. */
export type CyclonedxComponent = z.infer<typeof componentSchema>;

/** A component and its place in the document. `found` is undefined if it is malformed. */
export interface PlacedComponent {
  readonly reference: string;
  readonly found: CyclonedxComponent | undefined;
}

/** Parses a component. Returns undefined if it is malformed. */
export function parseComponent(value: unknown): CyclonedxComponent | undefined {
  return parsePart(componentSchema, value);
}

/** Yields all components, nested ones included. The nesting limit of JSON bounds their depth. */
export function* allComponents(components: readonly unknown[], name: string): Generator<PlacedComponent> {
  let count = 0;
  const open: { readonly value: unknown; readonly place: string }[] = placed(components, '');
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (++count + open.length > limits.sbomComponents) throw tooManyListed(name, 'sbomComponents');
    const found = parseComponent(next.value);
    yield { reference: found?.['bom-ref'] || next.place, found };
    for (const inner of placed(found?.components ?? [], `${next.place}.`)) open.push(inner);
  }
}

/** Returns components in reverse, since the caller pops them from the end. */
function placed(components: readonly unknown[], prefix: string): { value: unknown; place: string }[] {
  return components.map((value, i) => ({ value, place: `${prefix}components[${i}]` })).reverse();
}
