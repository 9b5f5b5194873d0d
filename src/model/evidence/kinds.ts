/**
 * The kinds of package managers and programs that leave evidence in an image and whose packages are not listed yet. A key is the purl type
 * of the ecosystem if it has one. The values are singular and plural for a count.
 */
const kinds = {
  npm: ['npm package', 'npm packages'],
  'bundled-js': ['JavaScript bundle', 'JavaScript bundles'],
  vscode: ['editor extension', 'editor extensions'],
  pypi: ['Python package', 'Python packages'],
  conda: ['conda package', 'conda packages'],
  maven: ['Java archive', 'Java archives'],
  gem: ['Ruby gem', 'Ruby gems'],
  composer: ['list of PHP packages', 'lists of PHP packages'],
  wordpress: ['WordPress core, plugin or theme', 'WordPress cores, plugins and themes'],
  nuget: ['.NET application', '.NET applications'],
  golang: ['Go program', 'Go programs'],
  cargo: ['Rust program', 'Rust programs'],
  hex: ['Erlang or Elixir application', 'Erlang or Elixir applications'],
  cran: ['R package', 'R packages'],
  luarocks: ['LuaRocks package', 'LuaRocks packages'],
  cpan: ['Perl package', 'Perl packages'],
  hackage: ['Haskell package', 'Haskell packages'],
  julia: ['Julia package', 'Julia packages'],
  opam: ['OCaml package', 'OCaml packages'],
  pub: ['Dart package', 'Dart packages'],
  swift: ['list of Swift packages', 'lists of Swift packages'],
  conan: ['Conan package', 'Conan packages'],
  nix: ['Nix package', 'Nix packages'],
  guix: ['Guix package', 'Guix packages'],
  brew: ['Homebrew package', 'Homebrew packages'],
  flatpak: ['Flatpak', 'Flatpaks'],
  snap: ['snap', 'snaps'],
  bitnami: ['Bitnami component', 'Bitnami components'],
  opkg: ['list of opkg packages', 'lists of opkg packages'],
  ebuild: ['Gentoo package', 'Gentoo packages'],
  slackware: ['Slackware package', 'Slackware packages'],
  xbps: ['list of xbps packages', 'lists of xbps packages'],
  'ai-model': ['machine learning model', 'machine learning models'],
  generic: ['program or library', 'programs and libraries'],
} as const satisfies Readonly<Record<string, readonly [string, string]>>;

/** A kind of evidence, as the coverage names it. */
export type EvidenceKind = keyof typeof kinds;

/** All kinds, in the order of the table. */
export const evidenceKinds = Object.keys(kinds) as readonly EvidenceKind[];

/** The kinds of programs. */
export const programKinds: ReadonlySet<EvidenceKind> = new Set<EvidenceKind>(['golang', 'cargo', 'generic']);

/** Returns a count with the name of the kind: `69 npm packages`. */
export function describeEvidenceCount(kind: EvidenceKind, count: number): string {
  const [one, several] = kinds[kind];
  return `${count} ${count === 1 ? one : several}`;
}

/** Returns the name of the kind in the plural: `npm packages`. */
export function describeEvidence(kind: EvidenceKind): string {
  return kinds[kind][1];
}

/** The databases of package managers that name every valid directory of a store, by the kind of evidence. The other directories are not installed. */
export const storeDatabases = {
  nix: 'nix/var/nix/db/db.sqlite',
  guix: 'var/guix/db/db.sqlite',
} as const satisfies Partial<Readonly<Record<EvidenceKind, string>>>;
