import * as z from 'zod/mini';
import { namespaceOfEcosystem } from '../../../model/namespace.ts';
import type { ListedPackage } from '../../../model/package.ts';
import { parsePurl } from '../../../model/purl.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { manifestEvent, readJsonManifest } from '../../manifest-lister.ts';
import { deduplicated, isWord } from '../../package/listing.ts';

/** `NAME-VERSION.dist-info/sboms/FILE`. */
const documentPath = /(?:^|\/)([^/-]+)-([^/-]+)\.dist-info\/sboms\/[^/]+\.json$/;

const documentSchema = z.object({
  bomFormat: z.optional(z.string()),
  components: z.optional(z.array(z.object({ purl: z.optional(z.string()) }))),
});

/**
 * Lists the crates that a Python distribution claims to contain, by the CycloneDX documents that maturin writes into it (PEP 770). Other
 * components of such documents are not listed. Nothing but the document shows that they are there, so their findings do not count.
 */
export const claimedCratesLister: PackageLister = {
  name: 'claimed-crates',
  version: 1,
  wants: ['**/*.dist-info/sboms/*.json'],
  ecosystem: namespaceOfEcosystem('cargo'),
  *list(files: Files) {
    for (const [path, content] of files)
      if (documentPath.test(path)) yield* deduplicated(path, listDocument(path, content));
  },
};

function* listDocument(path: string, content: Uint8Array): Generator<ListerEvent> {
  const read = readJsonManifest(content, documentSchema);
  if ('problem' in read) {
    yield { kind: 'problem', path, problem: read.problem };
    return;
  }
  const { bomFormat, components = [] } = read.value;
  if (bomFormat === 'CycloneDX') for (const { purl } of components) yield* claimOf(path, purl ?? '');
}

function* claimOf(path: string, locator: string): Generator<ListerEvent> {
  const purl = locator.startsWith('pkg:cargo/') ? parsePurl(locator) : undefined;
  if (purl === undefined) return;
  const event = manifestEvent('cargo', path, { name: purl.name, version: purl.version ?? '' });
  yield event.kind === 'package'
    ? { ...event, package: { ...event.package, evidence: 'claimed-sbom', ...parentOf(path) } }
    : event;
}

/** Returns the distribution that contains the document. */
function parentOf(path: string): Pick<ListedPackage, 'parent'> {
  const [, name = '', version = ''] = documentPath.exec(path) ?? [];
  return isWord(name) && isWord(version) ? { parent: { name, version } } : {};
}
