import * as z from 'zod/mini';
import { parseDigest } from '../model/digest.ts';
import type { Distro } from '../model/distro.ts';
import type { Package } from '../model/package.ts';
import { type PackageHash, packageHashOf } from '../model/package-hash.ts';
import { joinedName } from '../model/purl.ts';
import type { ReportLayer } from '../model/report.ts';
import { distroSchema, layerSchema, packageSchema } from './clair-schemas.ts';
import type { CyclonedxComponent } from './cyclonedx-component.ts';
import { parseEmbeddedJson, parsePart } from './sbom-json.ts';

/** Returns whether clair wrote this component. */
export function isClairComponent({ properties }: CyclonedxComponent): boolean {
  return properties.get('clair:package:type') !== undefined;
}

/** Reads a package that clair wrote. Returns undefined for a component that others wrote or that is damaged. */
export function clairPackageOf(
  found: CyclonedxComponent,
  dependencies: ReadonlyMap<string, readonly string[]>,
): Package | undefined {
  if (!isClairComponent(found)) return undefined;
  const { properties, version, purl, publisher, evidence } = found;
  const repositories = properties.all('clair:package:repository');
  const locations = properties.all('clair:package:location');
  return parsePart(packageSchema, {
    ...identityIn(found),
    version,
    arch: properties.get('clair:package:arch'),
    source: namedVersionIn(found, 'clair:package:source'),
    modularity: properties.get('clair:package:modularity'),
    vendor: publisher ?? undefined,
    licence: properties.get('clair:package:licence') ?? legacyLicence(found),
    purl,
    location: {
      path: evidence?.occurrences?.[0]?.location,
      layer: properties.get('clair:package:layer') ?? null,
    },
    foundBy: properties.get('clair:package:foundBy'),
    repositories: repositories.length === 0 ? undefined : repositories,
    owner: properties.get('clair:package:owner'),
    supplier: supplierIn(found),
    licenses: licensesIn(found),
    hashes: hashesIn(found),
    replaces: namedVersionIn(found, 'clair:package:replaces'),
    origin: properties.get('clair:package:origin'),
    proof: properties.get('clair:package:proof'),
    dependsOn: dependencies.get(found['bom-ref'] ?? '')?.map(purlOfReference),
    evidence: properties.get('clair:package:evidence'),
    parent: namedVersionIn(found, 'clair:package:parent'),
    locations: locations.length === 0 ? undefined : locations.map(parseEmbeddedJson),
  });
}

function identityIn({ properties, group, name }: CyclonedxComponent): Record<'type' | 'name', unknown> {
  const type = properties.get('clair:package:type');
  return { type, name: name == null ? name : joinedName(type ?? '', { group: group ?? '', name }) };
}

/** Returns the package whose name and version are two properties. */
function namedVersionIn({ properties }: CyclonedxComponent, property: string): object | undefined {
  const name = properties.get(`${property}:name`);
  return name === undefined ? undefined : { name, version: properties.get(`${property}:version`) };
}

/** Returns the licence in the form that was written for rpm packages before all licences were listed. */
function legacyLicence({ properties, licenses }: CyclonedxComponent): string | undefined {
  return properties.get('clair:package:type') === 'rpm' ? licenseIn(licenses?.[0]) : undefined;
}

function supplierIn({ supplier }: CyclonedxComponent): string | undefined {
  const email = supplier?.contact?.[0]?.email;
  return email ? `${supplier.name} <${email}>` : (supplier?.name ?? undefined);
}

function licensesIn({ properties, licenses }: CyclonedxComponent): readonly string[] | undefined {
  const listed = properties.all('clair:package:license');
  if (listed.length > 0) return listed;
  return licenses?.flatMap((choice) => licenseIn(choice) ?? []);
}

/** Returns the hashes of a package. Undefined if it has none that is known. */
function hashesIn({ hashes }: CyclonedxComponent): readonly PackageHash[] | undefined {
  const known = hashes?.flatMap(
    ({ alg, content }) => packageHashOf(alg?.toLowerCase().replace('-', '') ?? '', content ?? '') ?? [],
  );
  return known === undefined || known.length === 0 ? undefined : known;
}

/** Returns the purl in a reference. Duplicate purls have a number appended. */
function purlOfReference(reference: string): string {
  return reference.replace(/#\d+$/, '');
}

/** Reads a layer that clair wrote. */
export function clairLayerOf({ properties, description }: CyclonedxComponent): ReportLayer | undefined {
  const sizeBytes = properties.get('clair:layer:sizeBytes');
  if (sizeBytes === undefined) return undefined;
  return parsePart(layerSchema, {
    digest: parseDigest(properties.get('clair:layer:digest') ?? '') ?? null,
    diffId: parseDigest(properties.get('clair:layer:diffId') ?? '') ?? null,
    sizeBytes: Number(sizeBytes),
    createdBy: description ?? null,
    verified: properties.get('clair:layer:verified') === 'true',
  });
}

/** Reads the distribution of a document that clair wrote. */
export function clairDistroOf({
  name,
  version,
  description,
  properties,
}: CyclonedxComponent): Distro | undefined {
  return parsePart(distroSchema, {
    id: name,
    versionId: version ?? undefined,
    versionCodename: properties.get('clair:codename'),
    prettyName: description ?? undefined,
    like: properties.all('clair:like'),
    supportEnd: properties.get('clair:supportEnd'),
  });
}

const licenseChoice = z.object({
  license: z.nullish(z.object({ id: z.nullish(z.string()), name: z.nullish(z.string()) })),
  expression: z.nullish(z.string()),
});

function licenseIn(choice: unknown): string | undefined {
  const { license, expression } = parsePart(licenseChoice, choice) ?? {};
  return expression ?? license?.id ?? license?.name ?? undefined;
}
