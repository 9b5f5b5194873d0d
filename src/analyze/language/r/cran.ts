import { stripControls } from '../../../kit/untrusted-text.ts';
import { namespaceOfEcosystem } from '../../../model/namespace.ts';
import { licenseOf } from '../../../model/spdx-license.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { readDescription } from './description.ts';

const fileName = 'DESCRIPTION';

/** Lists installed packages of R, those of R itself included. */
export const cranLister: PackageLister = {
  name: 'cran',
  version: 3,
  wants: [`**/*/${fileName}`],
  ecosystem: namespaceOfEcosystem('cran'),
  *list(files: Files) {
    for (const [path, content] of files) if (path.endsWith(`/${fileName}`)) yield listFile(path, content);
  },
};

function listFile(path: string, content: Uint8Array): ListerEvent {
  const found = readDescription(content);
  if (found === undefined) return { kind: 'no-package', path };
  if ('problem' in found) return { kind: 'problem', path, problem: found.problem };
  const { name, version, license = '', maintainer = '' } = found;
  const declared = licenseOf(license);
  const supplier = stripControls(maintainer);
  return {
    kind: 'package',
    path,
    package: {
      type: 'cran',
      name,
      version,
      evidence: 'installed',
      ...(supplier !== '' && { supplier }),
      ...(declared !== undefined && { licenses: [declared] }),
    },
  };
}
