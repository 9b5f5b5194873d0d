import type { Package, SourcePackage } from '../model/package.ts';

/** Names and values of properties. Undefined values are omitted. */
type PropertyValues = Readonly<Record<string, string | undefined>>;

/** How other scanners call a type of packages. */
interface PeerType {
  /** Type and language of syft. */
  readonly syft: string;
  readonly language?: string;
  /** Type of Trivy for packages that are installed in an image. */
  readonly trivy?: string;
}

/** Types of packages as syft 1.x and Trivy 0.7x write and read them, by purl type. */
const peerTypes: Readonly<Record<string, PeerType>> = {
  apk: { syft: 'apk' },
  deb: { syft: 'deb' },
  rpm: { syft: 'rpm' },
  alpm: { syft: 'alpm' },
  ebuild: { syft: 'portage' },
  npm: { syft: 'npm', language: 'javascript', trivy: 'node-pkg' },
  pypi: { syft: 'python', language: 'python', trivy: 'python-pkg' },
  gem: { syft: 'gem', language: 'ruby', trivy: 'gemspec' },
  composer: { syft: 'php-composer', language: 'php', trivy: 'composer-vendor' },
  maven: { syft: 'java-archive', language: 'java', trivy: 'jar' },
  nuget: { syft: 'dotnet', language: 'dotnet', trivy: 'dotnet-core' },
  golang: { syft: 'go-module', language: 'go', trivy: 'gobinary' },
  cargo: { syft: 'rust-crate', language: 'rust', trivy: 'rustbinary' },
  conda: { syft: 'conda', trivy: 'conda-pkg' },
  cran: { syft: 'R-package', language: 'R' },
  hex: { syft: 'hex', trivy: 'hex' },
  otp: { syft: 'erlang-otp' },
  generic: { syft: 'binary' },
  swift: { syft: 'swift', language: 'swift', trivy: 'swift' },
  pub: { syft: 'dart-pub', language: 'dart', trivy: 'pub' },
  luarocks: { syft: 'lua-rocks', language: 'lua' },
  hackage: { syft: 'hackage', language: 'haskell' },
  opam: { syft: 'opam', language: 'ocaml' },
  conan: { syft: 'conan', language: 'c++', trivy: 'conan' },
  julia: { syft: 'julia', trivy: 'julia' },
  bitnami: { syft: 'bitnami', trivy: 'bitnami' },
  brew: { syft: 'homebrew' },
  nix: { syft: 'nix' },
  snap: { syft: 'snap' },
};

/** Returns the properties that syft and grype read back from CycloneDX. */
export function syftProperties({ type, evidence, location, locations = [] }: Package): PropertyValues {
  const peer = peerTypes[type];
  if (peer === undefined) return {};
  const places = new Map([location, ...locations].map((place) => [place.path, place]));
  const placed = Array.from(
    places.values(),
    ({ path, layer }, i): PropertyValues => ({
      [`syft:location:${i}:path`]: path,
      [`syft:location:${i}:layerID`]: layer ?? undefined,
    }),
  );
  return Object.assign(
    {
      'syft:package:type': peer.syft,
      'syft:package:language': evidence === undefined ? undefined : peer.language,
    },
    ...placed,
  ) as PropertyValues;
}

/** Prefix of the properties of Trivy in CycloneDX. In SPDX they are annotations without it. */
export const trivyPrefix = 'aquasecurity:trivy:';

/** Returns the properties that Trivy reads back, without their prefix. Without a source package, Trivy assumes the name and version. */
export function trivyProperties({ type, evidence, location, source, modularity }: Package): PropertyValues {
  const isOfLanguage = evidence !== undefined;
  return {
    PkgType: evidence === 'declared' ? undefined : peerTypes[type]?.trivy,
    FilePath: isOfLanguage ? location.path : undefined,
    ...(source === undefined ? {} : trivySource(type, source)),
    LayerDiffID: location.layer ?? undefined,
    Modularitylabel: modularity,
  };
}

/** Returns the source package of a distribution's package. Trivy splits versions, except those of Alpine. */
function trivySource(type: string, { name, version }: SourcePackage): PropertyValues {
  if (type !== 'deb' && type !== 'rpm') return { SrcName: name, SrcVersion: version };
  const [, SrcEpoch, rest = version] = /^(\d+):(.*)$/.exec(version) ?? [];
  const at = rest.lastIndexOf('-');
  return at === -1
    ? { SrcName: name, SrcVersion: rest, SrcEpoch }
    : { SrcName: name, SrcVersion: rest.slice(0, at), SrcRelease: rest.slice(at + 1), SrcEpoch };
}
