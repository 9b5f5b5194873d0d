import * as z from 'zod/mini';
import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import { namespaceOfEcosystem } from '../../../model/namespace.ts';
import { parsePurl } from '../../../model/purl.ts';
import type { Files } from '../../../plugin/layer-files.ts';
import type { ListerEvent, PackageLister } from '../../../plugin/package-lister.ts';
import { manifestEvent, readJsonManifest, type StatedPackage } from '../../manifest-lister.ts';
import { deduplicated } from '../../package/listing.ts';

const type = 'bitnami';
/** The document beside each component that Bitnami installed. Bitnami writes it nowhere else. */
const documentPath = /(?:^|\/)opt\/bitnami\/(?:.*\/)?\.spdx-[^/]+\.spdx$/;
/** The list of components, of older images. */
const componentsPath = /(?:^|\/)opt\/bitnami\/\.bitnami_components\.json$/;

const documentSchema = z.object({
  spdxVersion: z.string(),
  packages: z.array(
    z.object({
      licenseDeclared: z.optional(z.string()),
      externalRefs: z.optional(
        z.array(z.object({ referenceType: z.string(), referenceLocator: z.string() })),
      ),
    }),
  ),
});

const componentsSchema = z.record(z.string(), z.object({ version: z.string() }));

/**
 * Lists the components of Bitnami's images, by the SPDX documents that Bitnami installs beside them. Packages of other types in these
 * documents are listed only where their own files are.
 */
export const bitnamiLister: PackageLister = {
  name: type,
  version: 1,
  wants: ['**/*.spdx', '**/.bitnami_components.json'],
  ecosystem: namespaceOfEcosystem(type),
  *list(files: Files) {
    for (const [path, content] of files) {
      if (documentPath.test(path)) yield* deduplicated(path, listDocument(path, content));
      else if (componentsPath.test(path)) yield* deduplicated(path, listComponents(path, content));
    }
  },
};

function* listDocument(path: string, content: Uint8Array): Generator<ListerEvent> {
  const read = readJsonManifest(content, documentSchema);
  if ('problem' in read) {
    yield { kind: 'problem', path, problem: read.problem };
    return;
  }
  let count = 0;
  for (const { externalRefs = [], licenseDeclared } of read.value.packages) {
    const component = componentIn(externalRefs.map(({ referenceLocator }) => referenceLocator));
    if (component === undefined) continue;
    count++;
    yield manifestEvent(type, path, { ...component, license: licenseDeclared });
  }
  if (count === 0)
    yield {
      kind: 'problem',
      path,
      problem: `names no component; it is ${quoteUntrusted(read.value.spdxVersion)}`,
    };
}

function componentIn(locators: readonly string[]): StatedPackage | undefined {
  for (const locator of locators) {
    const purl = locator.startsWith(`pkg:${type}/`) ? parsePurl(locator) : undefined;
    if (purl !== undefined) return { name: purl.name, version: purl.version ?? '' };
  }
  return undefined;
}

function* listComponents(path: string, content: Uint8Array): Generator<ListerEvent> {
  const read = readJsonManifest(content, componentsSchema);
  if ('problem' in read) yield { kind: 'problem', path, problem: read.problem };
  else
    for (const [name, { version }] of Object.entries(read.value))
      yield manifestEvent(type, path, { name, version });
}
