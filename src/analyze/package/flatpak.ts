import { quoteUntrusted } from '../../kit/untrusted-text.ts';
import { inventoryNamespace, type ManifestContent, manifestLister } from '../manifest-lister.ts';
import { Lines } from '../text-lines.ts';

/** `flatpak/app/ID/ARCH/BRANCH/COMMIT/metadata`. Run times are in `runtime`. */
const metadataPath = /(?:^|\/)flatpak\/(app|runtime)\/([^/]+)\/[^/]+\/([^/]+)\/[^/]+\/metadata$/;

const groups = { app: '[Application]', runtime: '[Runtime]' } as const;

/** Longer lines have no name. */
const lineBytesMax = 1024;

/**
 * Lists applications and run times of Flatpak. The version is the branch, such as `stable` or `23.08`, since the metadata states no other. There
 * are no advisories.
 */
export const flatpakLister = manifestLister({
  type: 'flatpak',
  version: 1,
  wants: ['**/*/*/*/*/metadata'],
  ecosystem: inventoryNamespace('flatpak'),
  read: readMetadata,
});

function readMetadata(path: string, content: Uint8Array): ManifestContent {
  const [, kind, id, branch] = metadataPath.exec(path) ?? [];
  if (kind === undefined || id === undefined || branch === undefined) return undefined;
  const name = nameIn(content, groups[kind === 'app' ? 'app' : 'runtime']);
  if (name === undefined) return { problem: `states no name of ${quoteUntrusted(id)}` };
  // An extension has the name of what it extends: `org.example.App.Locale`.
  return { name: id, version: branch };
}

/** Returns the name that a group of a key file states: `name=org.example.App`. */
function nameIn(content: Uint8Array, group: string): string | undefined {
  const lines = new Lines(content);
  let isInGroup = false;
  while (lines.next()) {
    const line = lines.beginning(lineBytesMax).trim();
    if (line.startsWith('[')) isInGroup = line === group;
    else if (isInGroup && line.startsWith('name=')) return line.slice('name='.length);
  }
  return undefined;
}
