import * as z from 'zod/mini';
import {
  inventoryNamespace,
  type ManifestContent,
  manifestLister,
  readJsonManifest,
} from '../../manifest-lister.ts';

/** `Extensions/ID/VERSION_0/manifest.json` in a profile of Chrome or Chromium. An id has 32 letters from a to p. */
const extensionPath = /(?:^|\/)Extensions\/([a-p]{32})\/[^/]+\/manifest\.json$/;

const manifestSchema = z.object({ manifest_version: z.number(), version: z.string() });

/** Lists extensions in the profiles of Chrome and Chromium, each by its id. There are no advisories. */
export const chromeLister = manifestLister({
  type: 'chrome-extension',
  version: 1,
  wants: ['**/Extensions/*/*/manifest.json'],
  ecosystem: inventoryNamespace('chrome-extension'),
  read: readExtension,
});

function readExtension(path: string, content: Uint8Array): ManifestContent {
  const [, name] = extensionPath.exec(path) ?? [];
  if (name === undefined) return undefined;
  const read = readJsonManifest(content, manifestSchema);
  return 'problem' in read ? read : { name, version: read.value.version };
}
