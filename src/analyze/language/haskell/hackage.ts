import { namespaceOfEcosystem } from '../../../model/namespace.ts';
import { stanzas } from '../../deb822.ts';
import { type ManifestContent, manifestLister } from '../../manifest-lister.ts';

const registrationPath = /(?:^|\/)package\.(?:conf\.d|db)\/[^/]+\.conf$/;

/**
 * Lists packages of Haskell by their registrations in a package database of GHC, which `ghc-pkg register` writes. A program that is linked
 * statically contains no trace of them.
 */
export const hackageLister = manifestLister({
  type: 'hackage',
  version: 1,
  wants: ['**/package.conf.d/*.conf', '**/package.db/*.conf'],
  ecosystem: namespaceOfEcosystem('hackage'),
  read: readRegistration,
});

function readRegistration(path: string, content: Uint8Array): ManifestContent {
  if (!registrationPath.test(path)) return undefined;
  const [first] = stanzas(content, ['name', 'version', 'package-name', 'license', 'maintainer']);
  const [name = '', version = '', packageName, license, supplier] = first?.values ?? [];
  // A private library has a name of its own within its package.
  return { name: packageName ?? name, version, license, supplier };
}
