import { parseDigest } from '../model/digest.ts';
import type { Distro } from '../model/distro.ts';
import type { CyclonedxComponent } from './cyclonedx-component.ts';
import { distroFromHints } from './distro-hints.ts';
import type { SbomEntry } from './sbom-entry.ts';
import { entryFromPurl, sourceOfRpmFile, type ThirdPartyPackage, withEpoch } from './third-party-package.ts';

/** Reads a package that another tool wrote, with the properties that syft and Trivy add. */
export function entryFromComponent(
  found: CyclonedxComponent,
  purl: string,
  reference: string,
): SbomEntry | undefined {
  const { properties, version, evidence } = found;
  return entryFromPurl({
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

/** Reads the operating system that another tool wrote. */
export function distroFromComponent({
  name,
  version,
  description,
  properties,
}: CyclonedxComponent): Distro | undefined {
  return distroFromHints({
    name: properties.first('syft:distro:id') ?? name ?? '',
    version: properties.first('syft:distro:versionID') ?? version ?? undefined,
    codename: properties.first('syft:distro:versionCodename'),
    prettyName: properties.first('syft:distro:prettyName') ?? description ?? undefined,
    like: properties.numbered('syft:distro:idLike:'),
  });
}

function sourceByTrivy({ properties }: CyclonedxComponent): ThirdPartyPackage['source'] {
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

/** Returns the source package from syft's properties. syft also writes it as `upstream` into the purl. */
function sourceBySyft({ properties }: CyclonedxComponent): ThirdPartyPackage['source'] {
  const file = properties.first('syft:metadata:sourceRpm');
  if (file !== undefined) return sourceOfRpmFile(file);
  const name = properties.first('syft:metadata:source', 'syft:metadata:originPackage');
  return name === undefined ? undefined : { name, version: properties.first('syft:metadata:sourceVersion') };
}
