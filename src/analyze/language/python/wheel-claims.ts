import * as z from 'zod/mini';
import { bufferView } from '../../../kit/bytes/bytes.ts';
import { type Namespace, namespaceOfEcosystem, namespaceOfProduct } from '../../../model/namespace.ts';
import type { ListedPackage, PackageType } from '../../../model/package.ts';
import { type ParsedPurl, parsePurl } from '../../../model/purl.ts';
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

/** Components of one type that a distribution claims to contain. */
interface ClaimKind {
  /** Name of the lister. */
  readonly name: string;
  readonly type: PackageType;
  readonly ecosystem: Namespace;
  readonly accepts: (purl: ParsedPurl) => boolean;
}

/** The systems of the images that wheels are built in (manylinux 2014, 2_28 and later). A purl of them names no release. */
const builders = [
  { vendor: 'centos', release: '7' },
  { vendor: 'almalinux', release: '8' },
  { vendor: 'almalinux', release: '9' },
  { vendor: 'almalinux', release: '10' },
] as const;

const kinds: readonly ClaimKind[] = [
  {
    name: 'claimed-crates',
    type: 'cargo',
    ecosystem: namespaceOfEcosystem('cargo'),
    accepts: () => true,
  },
  {
    name: 'claimed-products',
    type: 'generic',
    ecosystem: { name: 'generic', versionScheme: 'semver' },
    accepts: ({ name }) => namespaceOfProduct(name) !== undefined,
  },
  ...builders.map(({ vendor, release }) => ({
    name: `claimed-rpms-${vendor}-${release}`,
    type: 'rpm',
    ecosystem: { name: `${vendor}:${release}`, versionScheme: 'rpm' },
    // The release is part of the versions of these systems: `1.1.1k-15.el8_6`.
    accepts: ({ namespace, version = '' }: ParsedPurl) =>
      namespace === vendor && /\.el(\d+)(?!\d)/.exec(version)?.[1] === release,
  })),
];

/**
 * List what a Python distribution claims to contain, by the CycloneDX documents in it (PEP 770): crates, by maturin; libraries that auditwheel
 * copied from the system of the builder; products by their package URLs. Other components are not listed. Nothing but the document shows that
 * they are there, so their findings do not count.
 */
export const wheelClaimListers: readonly PackageLister[] = kinds.map(listerOf);

function listerOf(kind: ClaimKind, position: number): PackageLister {
  const { name, ecosystem, type } = kind;
  return {
    name,
    version: 1,
    wants: ['**/*.dist-info/sboms/*.json'],
    ecosystem,
    *list(files: Files) {
      for (const [path, content] of files) {
        // The first lister reports documents that cannot be read. The others parse those only that name their type.
        const isOfInterest = position === 0 || bufferView(content).includes(`pkg:${type}`);
        if (isOfInterest && documentPath.test(path))
          yield* deduplicated(path, listDocument(path, content, kind));
      }
    },
  };
}

function* listDocument(path: string, content: Uint8Array, kind: ClaimKind): Generator<ListerEvent> {
  const read = readJsonManifest(content, documentSchema);
  if ('problem' in read) {
    if (kind === kinds[0]) yield { kind: 'problem', path, problem: read.problem };
    return;
  }
  const { bomFormat, components = [] } = read.value;
  if (bomFormat === 'CycloneDX') for (const { purl } of components) yield* claimOf(path, purl ?? '', kind);
}

function* claimOf(path: string, locator: string, { type, accepts }: ClaimKind): Generator<ListerEvent> {
  const purl = locator.startsWith(`pkg:${type}/`) ? parsePurl(locator) : undefined;
  if (purl === undefined || !accepts(purl)) return;
  const event = manifestEvent(type, path, { name: purl.name, version: purl.version ?? '' });
  yield event.kind === 'package'
    ? { ...event, package: { ...event.package, evidence: 'claimed-sbom', ...parentOf(path) } }
    : event;
}

/** Returns the distribution that contains the document. */
function parentOf(path: string): Pick<ListedPackage, 'parent'> {
  const [, name = '', version = ''] = documentPath.exec(path) ?? [];
  return isWord(name) && isWord(version) ? { parent: { name, version } } : {};
}
