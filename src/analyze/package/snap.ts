import { inventoryNamespace, type ManifestContent, manifestLister } from '../manifest-lister.ts';
import { scalarFields } from '../scalar-fields.ts';

const descriptionPath = /(?:^|\/)meta\/snap\.yaml$/;

/** Lists snaps that are unpacked or mounted. The archives of others count as unread. There are no advisories. */
export const snapLister = manifestLister({
  type: 'snap',
  version: 1,
  wants: ['**/meta/snap.yaml'],
  ecosystem: inventoryNamespace('snap'),
  read: readSnap,
});

function readSnap(path: string, content: Uint8Array): ManifestContent {
  if (!descriptionPath.test(path)) return undefined;
  const fields = scalarFields(content, ':', ['name', 'version', 'license']);
  return {
    name: fields.get('name') ?? '',
    version: fields.get('version') ?? '',
    license: fields.get('license'),
  };
}
