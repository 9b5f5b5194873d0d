import * as z from 'zod/mini';
import { quoteUntrusted, stripControls } from '../../kit/untrusted-text.ts';
import type { ListedPackage } from '../../model/package.ts';
import { parsePurl } from '../../model/purl.ts';
import { licenseOf } from '../../model/spdx-license.ts';
import type { ListerEvent } from '../../plugin/package-lister.ts';
import { readJsonManifest } from '../manifest-lister.ts';
import { archOf, type EntryProblem, isWord } from './listing.ts';

/**
 * Documents that melange installs with each package, and those of whole images by apko. No other SBOM in an image is proof that something is
 * installed.
 */
export const apkDocuments = [
  'var/lib/db/sbom/*.spdx.json',
  'usr/local/share/sbom/*.spdx.json',
  'usr/local/share/sboms/*.spdx.json',
] as const;

/** The tools whose documents count, as they name themselves (SPDX 2.3, section 6.8). */
const producer = /^Tool: (?:melange|apko)\b/;

const element = z.object({
  SPDXID: z.string(),
  licenseDeclared: z.optional(z.string()),
  supplier: z.optional(z.string()),
  externalRefs: z.optional(z.array(z.object({ referenceType: z.string(), referenceLocator: z.string() }))),
});

const schema = z.object({
  spdxVersion: z.string(),
  creationInfo: z.object({ creators: z.array(z.string()) }),
  packages: z.array(element),
  relationships: z.optional(
    z.array(
      z.object({
        spdxElementId: z.string(),
        relationshipType: z.string(),
        relatedSpdxElement: z.string(),
      }),
    ),
  ),
});

type Document = z.output<typeof schema>;
type Element = z.output<typeof element>;

/** Yields the packages of Alpine's format that a document of melange or apko names. Its sources and configurations are not installed. */
export function* listApkDocument(path: string, content: Uint8Array): Generator<ListerEvent> {
  const read = readJsonManifest(content, schema);
  if ('problem' in read) {
    yield { kind: 'problem', path, problem: read.problem };
    return;
  }
  const { creators } = read.value.creationInfo;
  if (!creators.some((creator) => producer.test(creator))) {
    const problem = `is not of melange or apko: its creator is ${quoteUntrusted(creators[0] ?? '')}`;
    yield { kind: 'problem', path, problem };
    return;
  }
  const items = packagesOf(read.value);
  if (items.length === 0) yield { kind: 'problem', path, problem: 'names no package of apk' };
  for (const item of items)
    yield 'problem' in item ? { kind: 'problem', path, ...item } : { kind: 'package', path, package: item };
}

function packagesOf({ packages, relationships = [] }: Document): (ListedPackage | EntryProblem)[] {
  const byId = new Map(packages.map((one) => [one.SPDXID, one]));
  const originOf = new Map(
    relationships.flatMap(({ spdxElementId, relationshipType, relatedSpdxElement }) => {
      const origin = relationshipType === 'DESCRIBED_BY' && originIn(byId.get(relatedSpdxElement));
      return origin ? [[spdxElementId, origin] as const] : [];
    }),
  );
  return packages.flatMap((one) => packageOf(one, originOf.get(one.SPDXID)) ?? []);
}

/** Returns the name of the build that an element configures: `openssl` of the package URL `…#openssl.yaml`. */
function originIn(configuration: Element | undefined): string | undefined {
  for (const locator of locatorsOf(configuration)) {
    const name = parsePurl(locator)?.subpath?.split('/').at(-1) ?? '';
    const [, origin] = /^([^.].*?)(?:\.melange)?\.ya?ml$/.exec(name) ?? [];
    if (origin !== undefined && isWord(origin)) return origin;
  }
  return undefined;
}

function packageOf(one: Element, origin: string | undefined): ListedPackage | EntryProblem | undefined {
  const locator = locatorsOf(one).find((text) => text.startsWith('pkg:apk/'));
  if (locator === undefined) return undefined;
  const { name = '', version = '', qualifiers = {} } = parsePurl(locator) ?? {};
  if (!isWord(name)) return { problem: `names a package without a usable name: ${quoteUntrusted(locator)}` };
  if (!isWord(version)) return { problem: `names ${name} without a usable version`, lacks: 'version' };
  // Documents before 2024 name no configuration. The source then has the name of the package, as in old databases.
  const source = { name: origin ?? name, version };
  return { type: 'apk', name, version, source, ...archOf(qualifiers['arch']), ...detailsOf(one) };
}

function detailsOf({ licenseDeclared = '', supplier = '' }: Element): Partial<ListedPackage> {
  const declared = licenseDeclared === 'NOASSERTION' ? undefined : licenseOf(licenseDeclared);
  const organization = stripControls(supplier.replace(/^(?:Organization|Person): /, ''));
  return {
    ...(organization !== '' && organization !== 'NOASSERTION' && { supplier: organization }),
    ...(declared !== undefined && { licenses: [declared] }),
  };
}

function locatorsOf(one: Element | undefined): string[] {
  return (one?.externalRefs ?? []).flatMap(({ referenceType, referenceLocator }) =>
    referenceType === 'purl' ? [referenceLocator] : [],
  );
}
