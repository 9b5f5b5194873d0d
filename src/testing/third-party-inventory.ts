import type { Inventory } from '../model/inventory.ts';
import { readSbom } from '../sbom/read-sbom.ts';

/** What is read of components in CycloneDX, as other makers write it. */
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

/** The same of packages in SPDX. */
export function spdxInventory(packages: readonly object[], relationships: readonly object[] = []): Inventory {
  return readInventory({
    spdxVersion: 'SPDX-2.3',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: 'shop',
    packages,
    relationships,
  });
}

/** What is read of a document. */
export function readInventory(document: object): Inventory {
  return readSbom(Buffer.from(JSON.stringify(document)), 'F');
}

/** Properties of CycloneDX. */
export function properties(values: Readonly<Record<string, string>>): object[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

/** The package URL of a package in SPDX. */
export function purlRef(referenceLocator: string, referenceCategory = 'PACKAGE-MANAGER'): object {
  return { externalRefs: [{ referenceCategory, referenceType: 'purl', referenceLocator }] };
}

/** A package as words: type, name, version, source. */
export function packageTexts({ packages }: Inventory): string[] {
  return packages.map(({ type, name, version, source }) =>
    [type, name, version, ...(source ? [`from ${source.name} ${source.version}`] : [])].join(' '),
  );
}

/** What could not be understood. */
export function problems({ statuses }: Inventory): string[] {
  return statuses.flatMap(({ files }) => files.map(({ path, problem }) => `${path}: ${problem}`));
}
