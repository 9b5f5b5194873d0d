import { parseDigest } from '../model/digest.ts';
import type { Distro } from '../model/distro.ts';
import type { Package } from '../model/package.ts';
import type { ReportLayer } from '../model/report.ts';
import type { Component } from './cyclonedx-component.ts';
import { partBy } from './document-text.ts';
import { ownDistro, ownLayer, ownPackage } from './own-parts.ts';

/** Whether clair wrote down what it knew of a package. */
export function isOwnComponent({ properties }: Component): boolean {
  return properties.get('clair:package:type') !== undefined;
}

/** A package that clair wrote; undefined for what others did, and for one that is damaged. */
export function ownComponent(found: Component): Package | undefined {
  if (!isOwnComponent(found)) return undefined;
  const { properties, name, version, purl, publisher, licenses, evidence } = found;
  const sourceName = properties.get('clair:package:source:name');
  const repositories = properties.all('clair:package:repository');
  return partBy(ownPackage, {
    type: properties.get('clair:package:type'),
    name,
    version,
    arch: properties.get('clair:package:arch'),
    source:
      sourceName === undefined
        ? undefined
        : { name: sourceName, version: properties.get('clair:package:source:version') },
    modularity: properties.get('clair:package:modularity'),
    vendor: publisher ?? undefined,
    licence: properties.get('clair:package:licence') ?? licenceIn(licenses?.[0]),
    purl,
    location: {
      path: evidence?.occurrences?.[0]?.location,
      layer: properties.get('clair:package:layer') ?? null,
    },
    foundBy: properties.get('clair:package:foundBy'),
    repositories: repositories.length === 0 ? undefined : repositories,
    owner: properties.get('clair:package:owner'),
  });
}

/** A layer that clair wrote. */
export function ownLayerOf({ properties, description }: Component): ReportLayer | undefined {
  const sizeBytes = properties.get('clair:layer:sizeBytes');
  if (sizeBytes === undefined) return undefined;
  return partBy(ownLayer, {
    digest: parseDigest(properties.get('clair:layer:digest') ?? '') ?? null,
    diffId: parseDigest(properties.get('clair:layer:diffId') ?? '') ?? null,
    sizeBytes: Number(sizeBytes),
    createdBy: description ?? null,
    verified: properties.get('clair:layer:verified') === 'true',
  });
}

/** The distribution in a document of clair. */
export function ownSystem({ name, version, description, properties }: Component): Distro | undefined {
  return partBy(ownDistro, {
    id: name,
    versionId: version ?? undefined,
    versionCodename: properties.get('clair:codename'),
    prettyName: description ?? undefined,
    like: properties.all('clair:like'),
    supportEnd: properties.get('clair:supportEnd'),
  });
}

function licenceIn(choice: unknown): unknown {
  if (typeof choice !== 'object' || choice === null || !('license' in choice)) return undefined;
  const { license } = choice;
  return typeof license === 'object' && license !== null && 'name' in license ? license.name : undefined;
}
