import type { Inventory } from '../model/report.ts';
import { readSbom } from '../sbom/read-sbom.ts';

/** Returns the inventory of components in CycloneDX, in the form of third-party tools. */
export function cyclonedxInventory(
  components: readonly object[],
  root: object = { type: 'container', name: 'shop' },
): Inventory {
  return readInventory({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: root },
    components,
  });
}

/** Returns the inventory of packages in SPDX, in the form of third-party tools. */
export function spdxInventory(packages: readonly object[], relationships: readonly object[] = []): Inventory {
  return readInventory({
    spdxVersion: 'SPDX-2.3',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: 'shop',
    packages,
    relationships,
  });
}

/** Returns the inventory of a document. */
export function readInventory(document: object): Inventory {
  return readSbom(Buffer.from(JSON.stringify(document)), 'F');
}

/** Returns properties of CycloneDX. */
export function properties(values: Readonly<Record<string, string>>): object[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

/** Returns an external reference of SPDX with the package URL of a package. */
export function purlRef(referenceLocator: string, referenceCategory = 'PACKAGE-MANAGER'): object {
  return { externalRefs: [{ referenceCategory, referenceType: 'purl', referenceLocator }] };
}

/** Formats packages as type, name, version and source. */
export function packageTexts({ packages }: Inventory): string[] {
  return packages.map(({ type, name, version, source }) =>
    [type, name, version, ...(source ? [`from ${source.name} ${source.version}`] : [])].join(' '),
  );
}

/** Returns the problems of the entries that could not be read. */
export function problems({ statuses }: Inventory): string[] {
  return statuses.flatMap(({ files }) => files.map(({ path, problem }) => `${path}: ${problem}`));
}
