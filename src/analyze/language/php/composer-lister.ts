import { messageOf } from '../../../core/errors.ts';
import { namespaceOfEcosystem } from '../../../model/namespace.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { DependencyBudget } from '../../package/dependency-names.ts';
import { deduplicated } from '../../package/listing.ts';
import { readInstalledJson } from './installed-json.ts';

const listOfVendor = /(?:^|\/)composer\/installed\.json$/;

/**
 * Lists PHP packages by the list that Composer writes into its vendor directory. Packages for development are listed too: they are
 * installed. `composer.json` and `composer.lock` are no evidence.
 */
export const composerLister: PackageLister = {
  name: 'composer',
  version: 2,
  wants: ['**/composer/installed.json'],
  ecosystem: namespaceOfEcosystem('composer'),
  *list(files: Files) {
    for (const [path, content] of files)
      if (listOfVendor.test(path)) yield* deduplicated(path, listFile(path, content));
  },
};

function* listFile(path: string, content: Uint8Array): Generator<ListerEvent> {
  let count = 0;
  try {
    for (const item of readInstalledJson(content, new DependencyBudget())) {
      count++;
      if ('problem' in item) yield { kind: 'problem', path, ...item };
      else yield { kind: 'package', path, package: item };
    }
  } catch (error) {
    yield { kind: 'problem', path, problem: messageOf(error) };
    return;
  }
  if (count === 0) yield { kind: 'no-package', path };
}
