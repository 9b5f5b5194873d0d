import { inventoryNamespace, type ManifestContent, manifestLister } from '../../manifest-lister.ts';
import { scalarFields } from '../../scalar-fields.ts';

/** The description of an installed package: `.opam-switch/packages/NAME.VERSION/opam`. A name has no dot. */
const descriptionPath = /(?:^|\/)\.opam-switch\/packages\/([^/.]+)\.([^/]+)\/opam$/;

/** Lists packages of OCaml that opam installed into a switch. There are no advisories. */
export const opamLister = manifestLister({
  type: 'opam',
  version: 1,
  wants: ['**/.opam-switch/packages/*/opam'],
  ecosystem: inventoryNamespace('opam'),
  read: readDescription,
});

function readDescription(path: string, content: Uint8Array): ManifestContent {
  const [, name, version] = descriptionPath.exec(path) ?? [];
  if (name === undefined || version === undefined) return undefined;
  const fields = scalarFields(content, ':', ['license', 'maintainer']);
  return { name, version, license: fields.get('license'), supplier: fields.get('maintainer') };
}
