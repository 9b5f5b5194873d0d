import { parseDigest } from '../model/digest.ts';
import type { Distro } from '../model/distro.ts';
import type { Component } from './cyclonedx-component.ts';
import type { Entry } from './entry.ts';
import { distroOf } from './told-distro.ts';
import { type Description, sourceOfFile, toldEntry, withEpoch } from './told-package.ts';

/** A package as others write it; what syft and Trivy know besides of it stands in properties of theirs. */
export function toldComponent(found: Component, purl: string, reference: string): Entry | undefined {
  const { properties, version, evidence } = found;
  return toldEntry({
    reference,
    purl,
    version: version ?? undefined,
    source: sourceByTrivy(found) ?? sourceBySyft(found),
    modularity: properties.first('aquasecurity:trivy:Modularitylabel', 'syft:metadata:modularityLabel'),
    path:
      properties.first('aquasecurity:trivy:FilePath', 'syft:location:0:path') ??
      evidence?.occurrences?.[0]?.location ??
      undefined,
    layer: parseDigest(properties.first('aquasecurity:trivy:LayerDiffID', 'syft:location:0:layerID') ?? ''),
  });
}

/** The operating system as others write it. */
export function toldSystem({ name, version, description, properties }: Component): Distro | undefined {
  return distroOf({
    name: properties.first('syft:distro:id') ?? name ?? '',
    version: properties.first('syft:distro:versionID') ?? version ?? undefined,
    codename: properties.first('syft:distro:versionCodename'),
    prettyName: properties.first('syft:distro:prettyName') ?? description ?? undefined,
    like: properties.numbered('syft:distro:idLike:'),
  });
}

function sourceByTrivy({ properties }: Component): Description['source'] {
  const part = (name: string): string | undefined => properties.first(`aquasecurity:trivy:Src${name}`);
  const name = part('Name');
  const version = part('Version');
  if (name === undefined) return undefined;
  if (version === undefined) return { name };
  const release = part('Release');
  return {
    name,
    version: withEpoch(release === undefined ? version : `${version}-${release}`, part('Epoch')),
  };
}

/** syft names the source in the package URL as well, since it writes `upstream` there. */
function sourceBySyft({ properties }: Component): Description['source'] {
  const file = properties.first('syft:metadata:sourceRpm');
  if (file !== undefined) return sourceOfFile(file);
  const name = properties.first('syft:metadata:source', 'syft:metadata:originPackage');
  return name === undefined ? undefined : { name, version: properties.first('syft:metadata:sourceVersion') };
}
