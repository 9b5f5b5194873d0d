/**
 * The kinds of package managers and programs that leave evidence in an image and whose packages are not listed yet. A key is the purl type
 * of the ecosystem if it has one. The values are singular and plural for a count.
 */
const kinds = {
  npm: ['package of npm', 'packages of npm'],
  'bundled-js': ['bundle of JavaScript', 'bundles of JavaScript'],
  vscode: ['extension of an editor', 'extensions of an editor'],
  pypi: ['package of Python', 'packages of Python'],
  conda: ['package of conda', 'packages of conda'],
  maven: ['Java archive', 'Java archives'],
  gem: ['Ruby gem', 'Ruby gems'],
  composer: ['list of PHP packages', 'lists of PHP packages'],
  wordpress: ['part of WordPress', 'parts of WordPress'],
  nuget: ['.NET application', '.NET applications'],
  golang: ['Go program', 'Go programs'],
  cargo: ['Rust program', 'Rust programs'],
  hex: ['application of Erlang or Elixir', 'applications of Erlang or Elixir'],
  cran: ['package of R', 'packages of R'],
  luarocks: ['package of LuaRocks', 'packages of LuaRocks'],
  cpan: ['package of Perl', 'packages of Perl'],
  hackage: ['package of Haskell', 'packages of Haskell'],
  julia: ['package of Julia', 'packages of Julia'],
  opam: ['package of OCaml', 'packages of OCaml'],
  pub: ['package of Dart', 'packages of Dart'],
  swift: ['list of Swift packages', 'lists of Swift packages'],
  conan: ['package of Conan', 'packages of Conan'],
  nix: ['package of Nix', 'packages of Nix'],
  guix: ['package of Guix', 'packages of Guix'],
  brew: ['package of Homebrew', 'packages of Homebrew'],
  flatpak: ['Flatpak', 'Flatpaks'],
  snap: ['snap', 'snaps'],
  bitnami: ['component of Bitnami', 'components of Bitnami'],
  opkg: ['list of opkg packages', 'lists of opkg packages'],
  ebuild: ['package of Gentoo', 'packages of Gentoo'],
  slackware: ['package of Slackware', 'packages of Slackware'],
  xbps: ['list of xbps packages', 'lists of xbps packages'],
  'ai-model': ['model of machine learning', 'models of machine learning'],
  generic: ['program or library', 'programs and libraries'],
} as const satisfies Readonly<Record<string, readonly [string, string]>>;

/** A kind of evidence, as the coverage names it. */
export type EvidenceKind = keyof typeof kinds;

/** All kinds, in the order of the table. */
export const evidenceKinds = Object.keys(kinds) as readonly EvidenceKind[];

/** `69 packages of npm`. */
export function describeEvidenceCount(kind: EvidenceKind, count: number): string {
  const [one, several] = kinds[kind];
  return `${count} ${count === 1 ? one : several}`;
}
