import { namespaceOfEcosystem } from '../../../model/namespace.ts';
import { type ManifestContent, manifestLister } from '../../manifest-lister.ts';
import { scalarFields } from '../../scalar-fields.ts';

/** A package in a depot: `packages/NAME/SLUG/Project.toml`. */
const projectPath = /(?:^|\/)packages\/[^/]+\/\w{4,5}\/Project\.toml$/;
/** The packages that an environment of a depot requests. */
const environmentPath = /(?:^|\/)environments\/[^/]+\/Manifest\.toml$/;

/** Lists packages of Julia by their projects in a depot, whatever the environments of the depot request. */
export const juliaLister = manifestLister({
  type: 'julia',
  version: 1,
  wants: ['**/packages/*/*/Project.toml', '**/environments/*/Manifest.toml'],
  ecosystem: namespaceOfEcosystem('julia'),
  read: readProject,
});

function readProject(path: string, content: Uint8Array): ManifestContent {
  if (environmentPath.test(path)) return 'no-package';
  if (!projectPath.test(path)) return undefined;
  const fields = scalarFields(content, '=', ['name', 'version']);
  return { name: fields.get('name') ?? '', version: fields.get('version') ?? '' };
}
