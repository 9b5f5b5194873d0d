import * as z from 'zod/mini';
import {
  inventoryNamespace,
  type ManifestContent,
  manifestLister,
  readJsonManifest,
} from '../manifest-lister.ts';

/** `Cellar/NAME/VERSION/INSTALL_RECEIPT.json`. The version has the revision of the formula: `1.6_1`. */
const receiptPath = /(?:^|\/)Cellar\/([^/]+)\/([^/]+)\/INSTALL_RECEIPT\.json$/;

/** Lists packages of Homebrew, which it finds by their directories. There are no advisories. */
export const homebrewLister = manifestLister({
  type: 'brew',
  version: 1,
  wants: ['**/Cellar/*/*/INSTALL_RECEIPT.json'],
  ecosystem: inventoryNamespace('brew'),
  read: readReceipt,
});

function readReceipt(path: string, content: Uint8Array): ManifestContent {
  const [, name, version] = receiptPath.exec(path) ?? [];
  if (name === undefined || version === undefined) return undefined;
  const read = readJsonManifest(content, z.looseObject({}));
  return 'problem' in read ? read : { name, version };
}
