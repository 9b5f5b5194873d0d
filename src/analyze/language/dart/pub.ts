import { namespaceOfEcosystem } from '../../../model/namespace.ts';
import { type ManifestContent, manifestLister } from '../../manifest-lister.ts';
import { scalarFields } from '../../scalar-fields.ts';

/** A package in the cache of pub, from which programs load it: of a registry, or of a Git repository. */
const cachePath = /(?:^|\/)\.pub-cache\/(?:hosted\/[^/]+|(git))\/[^/]+\/pubspec\.yaml$/;

/** Lists packages of Dart in the cache of pub. A program that was compiled ahead of time contains no trace of them. */
export const pubLister = manifestLister({
  type: 'pub',
  version: 1,
  wants: ['**/.pub-cache/hosted/*/*/pubspec.yaml', '**/.pub-cache/git/*/pubspec.yaml'],
  ecosystem: namespaceOfEcosystem('pub'),
  read: readPubspec,
});

function readPubspec(path: string, content: Uint8Array): ManifestContent {
  const found = cachePath.exec(path);
  if (found === null) return undefined;
  const fields = scalarFields(content, ':', ['name', 'version']);
  return {
    name: fields.get('name') ?? '',
    version: fields.get('version') ?? '',
    ...(found[1] !== undefined && { origin: 'git' as const }),
  };
}
