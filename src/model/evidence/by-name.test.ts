import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  evidenceByLinkName,
  evidenceByName,
  evidencePlaces,
  mayEndLink,
  mayNameEvidence,
} from './by-name.ts';
import type { EvidenceKind } from './kinds.ts';

/** Paths as the tools of each ecosystem create them, with the path that represents each if it is another. */
const evidence: Partial<Record<EvidenceKind, readonly (string | readonly [string, string])[]>> = {
  npm: [
    'app/node_modules/lodash/package.json',
    'node_modules/@babel/core/package.json',
    'app/node_modules/a/node_modules/b/package.json',
    'app/node_modules/.pnpm/a@1.0.0/node_modules/a/package.json',
    'usr/share/nodejs/acorn/package.json',
    'deno-dir/npm/registry.npmjs.org/chalk/5.3.0/package.json',
    'deno-dir/npm/registry.npmjs.org/@babel/core/7.20.0/package.json',
    'srv/.yarn/cache/a-npm-1.0.0-abc.zip',
    'srv/.pnp.cjs',
  ],
  vscode: ['root/.vscode-server/extensions/ms-python.python-2024.1/package.json', 'x/extension.vsixmanifest'],
  pypi: [
    'usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA',
    'usr/lib/python3.9/site-packages/rpm-4.16.egg-info/PKG-INFO',
    'usr/lib/python2.7/dist-packages/argparse.egg-info',
    'opt/a-1.0-py2.7.egg',
    'opt/a-1.0-py2.7.egg/EGG-INFO/PKG-INFO',
    'usr/lib/python3.11/ensurepip/_bundled/pip-23.0-py3-none-any.whl',
    'opt/tool.pex',
    'opt/tool.pyz',
  ],
  conda: ['test/conda-meta/openssl-1.1.1q-h7f8727e_0.json'],
  maven: [
    'app/a.jar',
    'srv/x.WAR',
    'x/git.jpi',
    'x/META-INF/maven/g/a/pom.properties',
    'x/META-INF/MANIFEST.MF',
    'usr/lib/jvm/x/jmods/java.base.jmod',
  ],
  gem: ['usr/lib/ruby/gems/3.1.0/specifications/default/json-2.6.1.gemspec', 'opt/a-1.0.gem'],
  composer: [
    'var/www/vendor/composer/installed.json',
    ['var/www/vendor/composer/installed.php', 'var/www/vendor/composer/installed.json'],
    'usr/local/bin/composer.phar',
    'usr/local/lib/php/.registry/archive_tar.reg',
  ],
  wordpress: [
    'var/www/html/wp-includes/version.php',
    ['var/www/html/wp-content/plugins/akismet/akismet.php', 'var/www/html/wp-content/plugins/akismet'],
    'var/www/html/wp-content/plugins/hello.php',
    'var/www/html/wp-content/themes/astra/style.css',
  ],
  nuget: ['app/web.deps.json', 'root/.nuget/packages/a/1.0.0/a.1.0.0.nupkg'],
  hex: ['opt/shop/lib/plug-1.15.3/ebin/plug.app'],
  luarocks: ['usr/local/lib/luarocks/rocks-5.1/lpeg/1.0.2-1/lpeg-1.0.2-1.rockspec'],
  cpan: [
    'usr/local/lib/perl5/perllocal.pod',
    'usr/lib/perl5/auto/JSON/.packlist',
    'x/.meta/JSON-4.10/install.json',
  ],
  hackage: ['opt/ghc/lib/package.conf.d/base-4.18.conf', 'app/cabal.project.freeze'],
  julia: ['root/.julia/packages/JSON/93Ea8/Project.toml', 'root/.julia/environments/v1.9/Manifest.toml'],
  opam: ['home/opam/.opam/4.14/.opam-switch/packages/lwt.5.6/opam'],
  pub: ['app/pubspec.lock', 'root/.pub-cache/hosted/pub.dev/http-1.1.0/pubspec.yaml'],
  swift: ['app/Package.resolved'],
  conan: ['root/.conan/data/zlib/conaninfo.txt', 'app/conan.lock'],
  nix: [
    [
      'nix/store/0c0dzxzqpmpnqq4mkq8jyxy9bvjc3wzp-openssl-3.0.8/lib/x',
      'nix/store/0c0dzxzqpmpnqq4mkq8jyxy9bvjc3wzp-openssl-3.0.8',
    ],
    'nix/var/nix/db/db.sqlite',
  ],
  guix: [
    [
      'gnu/store/0c0dzxzqpmpnqq4mkq8jyxy9bvjc3wzp-bash-5/bin/bash',
      'gnu/store/0c0dzxzqpmpnqq4mkq8jyxy9bvjc3wzp-bash-5',
    ],
  ],
  brew: ['home/linuxbrew/.linuxbrew/Cellar/jq/1.6/INSTALL_RECEIPT.json'],
  flatpak: [
    [
      'var/lib/flatpak/app/org.gnome.Maps/x86_64/stable/abc/metadata',
      'var/lib/flatpak/app/org.gnome.Maps/x86_64/stable',
    ],
  ],
  snap: ['var/lib/snapd/snaps/core20_1.snap', 'snap/hello/1/meta/snap.yaml'],
  bitnami: ['opt/bitnami/redis/.spdx-redis.spdx', 'opt/bitnami/.bitnami_components.json'],
  opkg: ['usr/lib/opkg/status'],
  ebuild: ['var/db/pkg/dev-libs/openssl-3.0.8/PF'],
  slackware: ['var/log/packages/bash-5.1-x86_64-1'],
  xbps: ['var/db/xbps/pkgdb-0.38.plist'],
  'ai-model': ['models/llama.gguf', 'models/model.safetensors', 'models/net.onnx'],
};

for (const [kind, paths] of Object.entries(evidence))
  test(`recognizes evidence of ${kind} by its path`, () => {
    for (const entry of paths) {
      const [path, stands] = typeof entry === 'string' ? [entry, entry] : entry;
      assert.deepEqual(evidenceByName(path), { kind, path: stands }, path);
      // The quick check of the bytes of a name passes everything that the exact one recognizes.
      const name = Buffer.from(path);
      const isInPlace = evidencePlaces.some((place) => path.startsWith(place));
      assert.ok(isInPlace || mayNameEvidence(name, 0, name.length), path);
    }
  });

test('rejects names that only end like evidence by their bytes', () => {
  for (const path of [
    'usr/bin/tar',
    'usr/lib/libm.so',
    'x/guitar.d/star',
    'opt/a.jar/b.txt',
    'usr/bin/mypackage.jso',
  ])
    assert.equal(mayNameEvidence(Buffer.from(path), 0, path.length), false, path);
});

test('ignores files that only look like evidence', () => {
  const others = [
    'app/package.json',
    'app/node_modules/a/dist/package.json',
    'app/node_modules/package.json',
    'app/package-lock.json',
    'app/composer.lock',
    'app/installed.json',
    'usr/share/doc/METADATA',
    'usr/bin/jar',
    'src/a.gemspec',
    'usr/local/bundle/cache/a-1.0.gem',
    'app/data.zip',
    'var/lib/dpkg/status',
    'etc/app.conf',
    'nix/store/readme',
    'app/go.mod',
  ];
  for (const path of others) assert.equal(evidenceByName(path), undefined, path);
});

test('takes a link to the directory of a package as evidence, and one to a program of a package not', () => {
  assert.deepEqual(evidenceByLinkName('app/node_modules/lodash', '../x'), {
    kind: 'npm',
    path: 'app/node_modules/lodash',
  });
  assert.equal(evidenceByLinkName('app/node_modules/@a/b', '../x')?.kind, 'npm');
  assert.equal(evidenceByLinkName('x/site-packages/six-1.16.0.dist-info', '../x')?.kind, 'pypi');
  assert.equal(evidenceByLinkName('app/node_modules/.bin/tsc', '../x'), undefined);
  assert.equal(evidenceByLinkName('usr/bin/node', '../x'), undefined);
});

test('takes a link with the name of a package directory as evidence, unless it leads to one of that name', () => {
  const kindOf = (path: string, target: string): string | undefined => evidenceByLinkName(path, target)?.kind;
  for (const [path, kind] of [
    ['app/node_modules', 'npm'],
    ['app/node_modules/@scope', 'npm'],
    ['usr/share/nodejs', 'npm'],
    ['var/lib/gems/3.1.0/specifications', 'gem'],
    ['opt/conda/conda-meta', 'conda'],
    ['opt/app/lib/x/ebin', 'hex'],
    ['app/vendor/composer', 'composer'],
    ['var/www/wp-content/plugins/akismet', 'wordpress'],
    ['var/www/wp-content/themes/astra', 'wordpress'],
    ['var/www/wp-content/themes', 'wordpress'],
    ['nix', 'nix'],
  ] as const) {
    assert.equal(kindOf(path, '../opt/real'), kind, path);
    const name = path.slice(path.lastIndexOf('/') + 1);
    assert.ok(
      mayEndLink(name.charCodeAt(name.length - 2), name.charCodeAt(name.length - 1)) ||
        /node_modules\/|plugins\/|themes\//.test(path),
    );
  }
  assert.equal(kindOf('app/node_modules', '/deps/node_modules'), undefined);
  assert.equal(kindOf('app/node_modules/@scope', '/opt/@scope'), 'npm');
  assert.equal(kindOf('usr/bin/composer', '../share/composer/composer'), undefined);
});
