import { imageNameOf } from '../../model/image-name.ts';
import { formatPurl } from '../../model/purl.ts';
import type { Target } from '../../model/report.ts';

/** The package URL of an image whose manifest has a digest, purl-spec "oci"; undefined for another. */
export function imagePurl(target: Target): string | undefined {
  if (target.manifest === null) return undefined;
  const image = imageNameOf(target);
  const name = image?.repository.split('/').at(-1) ?? nameOnDisk(target.reference);
  return formatPurl({
    type: 'oci',
    name,
    version: target.manifest,
    qualifiers: {
      arch: target.platform?.split('/')[1],
      repository_url: image && `${image.registry}/${image.repository}`,
      tag: image?.tag,
    },
  });
}

/** An image has to be called something: as its file or directory, for one that is on disk. */
function nameOnDisk(reference: string): string {
  const file = reference.replace(/\/+$/, '').split('/').at(-1) ?? '';
  const name = file
    .toLowerCase()
    .replace(/^[a-z-]+:|\.(?:tar|oci)\b.*$/g, '')
    .replaceAll(/[^a-z\d._-]+/g, '-');
  return name === '' ? 'image' : name;
}
