import { inventoryNamespace, type ManifestContent, manifestLister } from '../../manifest-lister.ts';

/** A package in the cache of Conan 1: `data/NAME/VERSION/USER/CHANNEL/package/ID/conaninfo.txt`. */
const informationPath = /(?:^|\/)data\/([^/]+)\/([^/]+)\/[^/]+\/[^/]+\/package\/[^/]+\/conaninfo\.txt$/;

/**
 * Lists packages of C and C++ in the cache of Conan 1. The cache of Conan 2 has no names in its paths, so its files count as unread. There
 * are no advisories.
 */
export const conanLister = manifestLister({
  type: 'conan',
  version: 1,
  wants: ['**/*/*/package/*/conaninfo.txt'],
  ecosystem: inventoryNamespace('conan'),
  read: readInformation,
});

function readInformation(path: string): ManifestContent {
  const [, name, version] = informationPath.exec(path) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version };
}
