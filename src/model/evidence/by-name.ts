import type { EvidenceKind } from './kinds.ts';
import { NameTable } from './name-table.ts';

/** The kind of evidence at a path, and the path that represents it. Several files may be signs of the same piece. */
export interface NamedEvidence {
  readonly kind: EvidenceKind;
  readonly path: string;
}

/** Returns whether a path is evidence: true for the path itself, or the path that represents it. */
type PathCheck = (path: string) => boolean | string;

interface Rule {
  readonly kind: EvidenceKind;
  readonly check: PathCheck;
}

const always: PathCheck = () => true;

function matching(...patterns: readonly RegExp[]): PathCheck {
  return (path) => patterns.every((pattern) => pattern.test(path));
}

/** The part of a path in the first group represents the evidence. */
function partOf(pattern: RegExp): PathCheck {
  return (path) => pattern.exec(path)?.[1] ?? false;
}

/** One name, or a scope and a name, after the last `node_modules`. Anything deeper is an auxiliary file of a package. */
const npmPackage = /(?:^|\/)node_modules\/(?:@[^/]+\/)?(?!node_modules\/)[^/@][^/]*\/package\.json$/;

/** A package in the cache of Deno. */
const npmPackageOfDeno = /(?:^|\/)registry\.npmjs\.org\/(?:@[^/]+\/)?[^/@][^/]*\/[^/]+\/package\.json$/;

/** `.vscode-server/extensions/NAME/package.json`, at any depth below a directory of an editor. */
function isExtensionOfEditor(path: string): boolean {
  const names = path.split('/');
  if (names.length < 4 || names.at(-3) !== 'extensions' || names.at(-2) === '') return false;
  return names.slice(0, -3).some((name) => /^\.?[\w-]+$/.test(name) && /code|cursor/.test(name));
}

/** Debian's directory of npm packages. */
const npmPackageOfDebian = /^usr\/(?:share|lib\/[^/]+|lib)\/nodejs\/(?:@[^/]+\/)?[^/@]+\/package\.json$/;

/** Rules by the whole name of a file. */
const byName: ReadonlyMap<string, readonly Rule[]> = new Map(
  Object.entries<readonly Rule[]>({
    'package.json': [
      { kind: 'npm', check: matching(npmPackage) },
      { kind: 'npm', check: matching(npmPackageOfDebian) },
      { kind: 'npm', check: matching(npmPackageOfDeno) },
      { kind: 'vscode', check: isExtensionOfEditor },
    ],
    '.pnp.cjs': [{ kind: 'npm', check: always }],
    '.pnp.js': [{ kind: 'npm', check: always }],
    'extension.vsixmanifest': [{ kind: 'vscode', check: always }],
    METADATA: [{ kind: 'pypi', check: matching(/\.dist-info\/METADATA$/i) }],
    'PKG-INFO': [{ kind: 'pypi', check: matching(/(?:\.egg-info|\/EGG-INFO)\/PKG-INFO$/i) }],
    'installed.json': [{ kind: 'composer', check: matching(/(?:^|\/)composer\/installed\.json$/) }],
    'installed.php': [
      // Another copy of the list, which the one next to it represents.
      {
        kind: 'composer',
        check: (path) => /(?:^|\/)composer\/installed\.php$/.test(path) && `${path.slice(0, -3)}json`,
      },
    ],
    'style.css': [{ kind: 'wordpress', check: matching(/(?:^|\/)wp-content\/themes\/[^/]+\/style\.css$/) }],
    'version.php': [{ kind: 'wordpress', check: matching(/(?:^|\/)wp-includes\/version\.php$/) }],
    'pom.properties': [
      { kind: 'maven', check: matching(/(?:^|\/)META-INF\/maven\/[^/]+\/[^/]+\/pom\.properties$/) },
    ],
    'MANIFEST.MF': [{ kind: 'maven', check: matching(/(?:^|\/)META-INF\/MANIFEST\.MF$/) }],
    'perllocal.pod': [{ kind: 'cpan', check: always }],
    '.packlist': [{ kind: 'cpan', check: always }],
    'install.json': [{ kind: 'cpan', check: matching(/\/\.meta\/[^/]+\/install\.json$/) }],
    'conaninfo.txt': [{ kind: 'conan', check: always }],
    'conan.lock': [{ kind: 'conan', check: always }],
    'Package.resolved': [{ kind: 'swift', check: always }],
    'pubspec.lock': [{ kind: 'pub', check: always }],
    'pubspec.yaml': [
      { kind: 'pub', check: matching(/\/\.pub-cache\/(?:hosted\/[^/]+|git)\/[^/]+\/pubspec\.yaml$/) },
    ],
    'cabal.project.freeze': [{ kind: 'hackage', check: always }],
    'Project.toml': [{ kind: 'julia', check: matching(/(?:^|\/)packages\/[^/]+\/\w{4,5}\/Project\.toml$/) }],
    'Manifest.toml': [{ kind: 'julia', check: matching(/(?:^|\/)environments\/[^/]+\/Manifest\.toml$/) }],
    opam: [{ kind: 'opam', check: matching(/(?:^|\/)\.opam-switch\/packages\/[^/]+\/opam$/) }],
    'INSTALL_RECEIPT.json': [{ kind: 'brew', check: always }],
    'snap.yaml': [{ kind: 'snap', check: matching(/\/meta\/snap\.yaml$/) }],
    metadata: [
      {
        kind: 'flatpak',
        check: partOf(/^(.*\/flatpak\/(?:app|runtime)\/[^/]+\/[^/]+\/[^/]+)\/[^/]+\/metadata$/),
      },
    ],
    'db.sqlite': [{ kind: 'nix', check: matching(/(?:^|\/)nix\/db\/db\.sqlite$/) }],
    '.bitnami_components.json': [{ kind: 'bitnami', check: always }],
    status: [{ kind: 'opkg', check: matching(/(?:^|\/)(?:usr\/lib|var\/lib)\/opkg\/status$/) }],
    PF: [{ kind: 'ebuild', check: matching(/^var\/db\/pkg\/[^/]+\/[^/]+\/PF$/) }],
  }),
);

const javaArchives = ['jar', 'war', 'ear', 'par', 'sar', 'nar', 'kar', 'far', 'lpkg', 'jpi', 'hpi', 'jmod'];

/** Rules by the suffix of a name. */
const byEnding: ReadonlyMap<string, readonly Rule[]> = new Map(
  Object.entries<readonly Rule[]>({
    ...Object.fromEntries(javaArchives.map((ending) => [ending, [{ kind: 'maven', check: always }]])),
    'egg-info': [{ kind: 'pypi', check: always }],
    'dist-info': [{ kind: 'pypi', check: always }],
    egg: [{ kind: 'pypi', check: always }],
    whl: [{ kind: 'pypi', check: always }],
    pex: [{ kind: 'pypi', check: always }],
    pyz: [{ kind: 'pypi', check: always }],
    gemspec: [{ kind: 'gem', check: matching(/(?:^|\/)specifications\//, /[^/]\.gemspec$/) }],
    // The archives of installed gems are stored beside them.
    gem: [{ kind: 'gem', check: (path) => !path.includes('/cache/') }],
    phar: [{ kind: 'composer', check: always }],
    reg: [{ kind: 'composer', check: matching(/\/\.registry\//, /[^/]\.reg$/) }],
    php: [
      { kind: 'wordpress', check: partOf(/^(.*wp-content\/(?:mu-)?plugins\/[^/]+)\/[^/]+\.php$/) },
      { kind: 'wordpress', check: matching(/(?:^|\/)wp-content\/(?:mu-)?plugins\/[^/]+\.php$/) },
    ],
    nupkg: [{ kind: 'nuget', check: always }],
    app: [{ kind: 'hex', check: matching(/(?:^|\/)ebin\/[^/]+\.app$/) }],
    rockspec: [{ kind: 'luarocks', check: always }],
    snap: [{ kind: 'snap', check: always }],
    gguf: [{ kind: 'ai-model', check: always }],
    safetensors: [{ kind: 'ai-model', check: always }],
    onnx: [{ kind: 'ai-model', check: always }],
    spdx: [{ kind: 'bitnami', check: matching(/\/\.spdx-[^/]+\.spdx$/) }],
    plist: [{ kind: 'xbps', check: matching(/^var\/db\/xbps\/pkgdb-[^/]+\.plist$/) }],
    conf: [{ kind: 'hackage', check: matching(/\/package\.conf\.d\/[^/]+\.conf$/) }],
    json: [
      { kind: 'nuget', check: matching(/\.deps\.json$/) },
      { kind: 'conda', check: matching(/(?:^|\/)conda-meta\/[^/]+\.json$/) },
    ],
    zip: [{ kind: 'npm', check: matching(/(?:^|\/)\.yarn\/(?:berry\/)?cache\/[^/]+\.zip$/) }],
  }).flatMap(([ending, rules]) => bothCases(ending).map((name) => [name, rules])),
);

/** Names of files that only their content makes evidence. R describes installed packages and sources in the same way. */
const byContent: ReadonlySet<string> = new Set(['DESCRIPTION']);

/** Names of manifests that plugins may list packages from, at any path. */
const manifests: ReadonlySet<string> = new Set(['package.json', 'METADATA', 'PKG-INFO', 'installed.json']);

/** Rules by directory: every file is a sign of the package whose directory is the first group. */
const byPlace: readonly { readonly kind: EvidenceKind; readonly start: string; readonly pattern: RegExp }[] =
  [
    { kind: 'nix', start: 'nix/store/', pattern: /^(nix\/store\/[0-9a-z]{32}-[^/]+)/ },
    { kind: 'guix', start: 'gnu/store/', pattern: /^(gnu\/store\/[0-9a-z]{32}-[^/]+)/ },
    { kind: 'slackware', start: 'var/log/packages/', pattern: /^(var\/log\/packages\/[^/]+)$/ },
    {
      kind: 'slackware',
      start: 'var/lib/pkgtools/packages/',
      pattern: /^(var\/lib\/pkgtools\/packages\/[^/]+)$/,
    },
  ];

/** Names of links to directories of one or several packages. The files at the target have other names. */
const linkedPackage: readonly { readonly kind: EvidenceKind; readonly pattern: RegExp }[] = [
  { kind: 'npm', pattern: /(?:^|\/)node_modules\/(?:@[^/]+\/)?(?!\.bin$)[^/@][^/]*$/ },
  { kind: 'pypi', pattern: /\.(?:dist|egg)-info$/i },
  { kind: 'npm', pattern: /(?:^|\/)node_modules\/@[^/]+$|^usr\/(?:share|lib)\/nodejs$/ },
  { kind: 'wordpress', pattern: /(?:^|\/)wp-content\/(?:(?:mu-)?plugins|themes)(?:\/[^/]+)?$/ },
  { kind: 'nix', pattern: /^nix(?:\/store)?$/ },
  { kind: 'guix', pattern: /^gnu(?:\/store)?$/ },
];

/** Names of package directories that count anywhere. A link of such a name may lead to packages under another name. */
const linkedDirectory: readonly { readonly kind: EvidenceKind; readonly pattern: RegExp }[] = [
  { kind: 'npm', pattern: /(?:^|\/)node_modules$/ },
  { kind: 'gem', pattern: /(?:^|\/)specifications$/ },
  { kind: 'conda', pattern: /(?:^|\/)conda-meta$/ },
  { kind: 'hex', pattern: /(?:^|\/)ebin$/ },
  { kind: 'composer', pattern: /(?:^|\/)vendor\/composer$/ },
  { kind: 'wordpress', pattern: /(?:^|\/)(?:wp-includes|wp-content)$/ },
  { kind: 'hackage', pattern: /(?:^|\/)package\.conf\.d$/ },
];

/** Returns the evidence that the path of a file is. The path has no leading slash. Undefined if its name means nothing. */
export function evidenceByName(path: string): NamedEvidence | undefined {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  for (const { kind, check } of rulesFor(name) ?? []) {
    const result = check(path);
    if (result !== false) return { kind, path: result === true ? path : result };
  }
  for (const { kind, start, pattern } of byPlace) {
    const evidencePath = path.startsWith(start) ? pattern.exec(path)?.[1] : undefined;
    if (evidencePath !== undefined) return { kind, path: evidencePath };
  }
  return undefined;
}

/**
 * Returns the evidence that the path of a symbolic link is: a file of this name, the directory of a package, or one of packages. A link to
 * a package directory of the same name is not evidence, as the packages there are evidence themselves.
 */
export function evidenceByLinkName(path: string, target: string): NamedEvidence | undefined {
  const named = evidenceByName(path);
  if (named !== undefined) return named;
  const isNamedAlike = lastPart(target) === lastPart(path);
  const kind =
    linkedPackage.find(({ pattern }) => pattern.test(path))?.kind ??
    (isNamedAlike ? undefined : linkedDirectory.find(({ pattern }) => pattern.test(path))?.kind);
  return kind === undefined ? undefined : { kind, path };
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function rulesFor(name: string): readonly Rule[] | undefined {
  const named = byName.get(name);
  if (named !== undefined) return named;
  const dot = name.lastIndexOf('.');
  return dot === -1 ? undefined : byEnding.get(name.slice(dot + 1));
}

const nameTable = new NameTable({
  names: [...byName.keys(), ...byContent],
  endings: Array.from(byEnding.keys(), (ending) => `.${ending}`),
});

/** The last characters of links to package directories. */
const endsOfLinks: ReadonlySet<number> = new Set(
  ['node_modules', 'nodejs', 'specifications', 'conda-meta', 'ebin', 'composer', 'wp-includes', 'plugins']
    .concat('themes', 'wp-content', 'package.conf.d', 'nix', 'gnu', 'store')
    .map((name) => lastOf(name.charCodeAt(name.length - 2), name.charCodeAt(name.length - 1))),
);

/** Returns whether a link whose name ends with these two characters may lead to a package directory. False is certain, true is not. */
export function mayEndLink(before: number, last: number): boolean {
  return endsOfLinks.has(lastOf(before, last));
}

function bothCases(name: string): string[] {
  return [name, name.toUpperCase()];
}

function lastOf(before: number, last: number): number {
  return ((before & 0xff) << 8) | (last & 0xff);
}

/** Returns whether a name that ends with these two characters may be evidence. False is certain, true is not. */
export function mayEndEvidence(before: number, last: number): boolean {
  return nameTable.mayEnd(before, last);
}

/**
 * Returns whether the name at the end of a path may be evidence. The path is the bytes from `start` to before `end`. False is certain, true
 * is not.
 */
export function mayNameEvidence(bytes: Uint8Array, start: number, end: number): boolean {
  return nameTable.mayHave(bytes, start, end);
}

/** Returns whether a file is evidence by its path, or may be by its content. */
export function mayBeEvidencePath(path: string): boolean {
  const name = lastPart(path);
  return byContent.has(name) || (rulesFor(name) !== undefined && evidenceByName(path) !== undefined);
}

/** Returns whether the file of this name in a directory may be evidence. Some need their content to decide. */
export function mayBeNamedEvidence(directory: string, name: string): boolean {
  if (byContent.has(name) || manifests.has(name)) return true;
  if (rulesFor(name) === undefined) return false;
  return evidenceByName(directory === '' ? name : `${directory}/${name}`) !== undefined;
}

/** Directories in which every file is evidence. */
export const evidencePlaces: readonly string[] = byPlace.map(({ start }) => start);
