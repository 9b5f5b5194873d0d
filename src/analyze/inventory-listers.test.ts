import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLister, type ListerSample } from '../plugin/contract/index.ts';
import type { PackageLister } from '../plugin/package-lister.ts';
import { conanLister } from './language/conan/conan.ts';
import { pubLister } from './language/dart/pub.ts';
import { chromeLister } from './language/extensions/chrome.ts';
import { vscodeLister } from './language/extensions/vscode.ts';
import { hackageLister } from './language/haskell/hackage.ts';
import { juliaLister } from './language/julia/julia.ts';
import { luarocksLister } from './language/lua/luarocks.ts';
import { opamLister } from './language/ocaml/opam.ts';
import { cpanLister } from './language/perl/cpan.ts';
import { flatpakLister } from './package/flatpak.ts';
import { homebrewLister } from './package/homebrew.ts';
import { snapLister } from './package/snap.ts';

const rocks = 'usr/local/lib/luarocks/rocks-5.1';
const perl = 'usr/local/lib/perl5/site_perl/5.36.0/x86_64-linux-gnu';
const depot = 'root/.julia';
const chromeId = 'abcdefghijklmnop'.repeat(2);

/** Files as each package manager writes them, and what it says is installed. */
const samples: readonly (readonly [PackageLister, ListerSample])[] = [
  [
    luarocksLister,
    {
      files: {
        [`${rocks}/lpeg/1.0.2-1/lpeg-1.0.2-1.rockspec`]: 'package = "LPeg"\nversion = "1.0.2-1"\n',
        [`${rocks}/kong/3.4.0-0/kong-3.4.0-0.rockspec`]:
          'local v = "3.4.0-0"\npackage = "kong"\nversion = v\n',
        'opt/lib/luarocks/rocks/old/1-1/old-1-1.rockspec': "package = 'old'\nversion = '1-1'\n",
        [`${rocks}/other/1.0-1/other-1.0-1.rockspec`]: 'package = "another"\nversion = "1.0-1"\n',
        [`${rocks}/later/1.0-1/later-1.0-1.rockspec`]: 'package = "later"\nversion = "2.0-1"\n',
      },
      packages: ['lpeg 1.0.2-1', 'kong 3.4.0-0', 'old 1-1'],
      problems: 2,
    },
  ],
  [
    cpanLister,
    {
      files: {
        [`${perl}/.meta/libwww-perl-6.67/install.json`]:
          '{"name":"LWP","version":"6.67","dist":"libwww-perl-6.67","provides":{}}',
        [`${perl}/.meta/cut-1/install.json`]: '{"name":"cut"',
        [`${perl}/perllocal.pod`]: [
          '=head2 Tue Jan 16 20:13:46 2024: C<Module> L<JSON::XS|JSON::XS>',
          ...['', '=over 4', '', '=item *', '', 'C<installed into: /usr/local/lib/perl5>', ''],
          ...['=item *', '', 'C<VERSION: 4.02>', '', '=back', ''],
          '=head2 Tue Jan 16 20:14:46 2024: C<Module> L<LWP|LWP>',
          ...['', '=item *', '', 'C<VERSION: 6.67>', ''],
          '=head2 Wed Jan 17 20:13:46 2024: C<Module> L<JSON::XS|JSON::XS>',
          ...['', '=item *', '', 'C<VERSION: 4.03>', ''],
          '=head2 Wed Jan 17 20:13:46 2024: C<Module> L<Bare|Bare>',
          '',
        ].join('\n'),
        [`${perl}/auto/LWP/.packlist`]: '/usr/local/lib/perl5/LWP.pm\n',
        [`${perl}/auto/Unknown/.packlist`]: '/usr/local/lib/perl5/Unknown.pm\n',
      },
      packages: ['libwww-perl 6.67', 'JSON-XS 4.03'],
      problems: 2,
    },
  ],
  [
    hackageLister,
    {
      files: {
        'opt/ghc/lib/package.conf.d/base-4.18.0.0.conf':
          'name:                 base\nversion:              4.18.0.0\nlicense: BSD-3-Clause\ndescription:\n    version: 1\n',
        'root/.cabal/store/ghc-9.4.7/package.db/attoparsec-0.14.4-l-internal-1a.conf':
          'name: z-attoparsec-z-internal\nversion: 0.14.4\npackage-name: attoparsec\nlib-name: internal\n',
        'opt/ghc/lib/package.conf.d/cut.conf': 'name: cut\n',
        'opt/ghc/lib/package.conf.d/empty.conf': '',
      },
      packages: ['base 4.18.0.0', 'attoparsec 0.14.4'],
      problems: 2,
    },
  ],
  [
    juliaLister,
    {
      files: {
        [`${depot}/packages/JSON/93Ea8/Project.toml`]:
          'name = "JSON" # the format\nuuid = "682c06a0"\nauthors = [\n    "a <version@example.org>",\n]\nversion = "0.21.4"\n\n[deps]\nMmap = "a63ad114"\n\n[compat]\nname = "x"\n',
        [`${depot}/packages/Zlib_jll/1lPeY/Project.toml`]: "name = 'Zlib_jll'\nversion = '1.2.13+1'\n",
        [`${depot}/packages/Bare/1lPeY/Project.toml`]: 'name = "Bare"\n[compat]\nversion = "1.0.0"\n',
        [`${depot}/environments/v1.9/Manifest.toml`]:
          'manifest_format = "2.0"\n[[deps.JSON]]\nversion = "1.0.0"\n',
        'app/packages/web/longer/Project.toml': 'name = "web"\nversion = "1.0.0"\n',
      },
      packages: ['JSON 0.21.4', 'Zlib_jll 1.2.13+1'],
      problems: 1,
    },
  ],
  [
    opamLister,
    {
      files: {
        'home/opam/.opam/4.14/.opam-switch/packages/lwt.5.6.1/opam': 'opam-version: "2.0"\nlicense: "MIT"\n',
        'home/opam/.opam/4.14/.opam-switch/packages/base-unix.base/opam': '',
      },
      packages: ['lwt 5.6.1', 'base-unix base'],
    },
  ],
  [
    pubLister,
    {
      files: {
        'root/.pub-cache/hosted/pub.dev/http-1.1.0/pubspec.yaml':
          'name: http\nversion: 1.1.0 # latest\ndescription: >-\n  version: 2.0.0\nrepository: https://example.org/http\n\nenvironment:\n  sdk: ^3.4.0\n\ndependencies:\n  async: ^2.5.0\n',
        'root/.pub-cache/git/tool-0a1b/pubspec.yaml': 'name: \'tool\'\nversion: "1.2.0-dev"\n',
        'root/.pub-cache/hosted/pub.dev/none-1.0.0/pubspec.yaml': 'name: none\nversion: |\n  1.0.0\n',
      },
      packages: ['http 1.1.0', 'tool 1.2.0-dev'],
      problems: 1,
    },
  ],
  [
    conanLister,
    {
      files: {
        'root/.conan/data/zlib/1.2.13/_/_/package/0a1b/conaninfo.txt': '[settings]\n',
        'root/.conan/data/tool/2.0/user/stable/package/0a1b/conaninfo.txt': '',
        'opt/other/a/package/0a1b/conaninfo.txt': '[settings]\n',
      },
      packages: ['zlib 1.2.13', 'tool 2.0'],
    },
  ],
  [
    vscodeLister,
    {
      files: {
        'root/.vscode-server/extensions/ms-python.python-2024.1.0/package.json':
          '\uFEFF{"name":"Python","publisher":"ms-python","version":"2024.1.0","engines":{"vscode":"^1.82.0"}}',
        'opt/code/extensions/bare/package.json': '{"name":"bare","version":"1.0.0","engines":{"vscode":"*"}}',
        'opt/code/extensions/other/package.json':
          '{"name":"other","version":"1.0.0","engines":{"node":"18"}}',
      },
      packages: ['ms-python/python 2024.1.0'],
    },
  ],
  [
    chromeLister,
    {
      files: {
        [`root/.config/chromium/Default/Extensions/${chromeId}/1.2.3_0/manifest.json`]:
          '{"manifest_version":3,"name":"__MSG_name__","version":"1.2.3"}',
        [`root/.config/chromium/Default/Extensions/${chromeId}/1.3_0/manifest.json`]: '{"version":"1.3"}',
        'opt/app/Extensions/a/b/manifest.json': '{"manifest_version":3,"version":"1.2.3"}',
      },
      packages: [`${chromeId} 1.2.3`],
      problems: 1,
    },
  ],
  [
    homebrewLister,
    {
      files: {
        'home/linuxbrew/.linuxbrew/Cellar/jq/1.6_1/INSTALL_RECEIPT.json':
          '{"homebrew_version":"4.4.16-52-g29d9b0a","poured_from_bottle":false,"compiler":"gcc-11","runtime_dependencies":[],"source":{"tap":"homebrew/core","spec":"stable","versions":{"stable":"1.6","head":null,"version_scheme":0}}}',
        'home/linuxbrew/.linuxbrew/Cellar/python@3.12/3.12.1/INSTALL_RECEIPT.json': '{}',
        'home/linuxbrew/.linuxbrew/Cellar/cut/1.0/INSTALL_RECEIPT.json': '{',
      },
      packages: ['jq 1.6_1', 'python@3.12 3.12.1'],
      problems: 1,
    },
  ],
  [
    flatpakLister,
    {
      files: {
        'var/lib/flatpak/app/org.gnome.Maps/x86_64/stable/0a1b/metadata':
          '[Application]\nname=org.gnome.Maps\nruntime=org.gnome.Platform/x86_64/45\n',
        'var/lib/flatpak/runtime/org.gnome.Platform/x86_64/45/0a1b/metadata':
          '[Runtime]\nname=org.gnome.Platform\n',
        'var/lib/flatpak/app/org.example.Cut/x86_64/stable/0a1b/metadata':
          '[Application]\n[Context]\nname=a\n',
        'opt/a/b/c/d/metadata': '[Application]\nname=a\n',
      },
      packages: ['org.gnome.Maps stable', 'org.gnome.Platform 45'],
      problems: 1,
    },
  ],
  [
    snapLister,
    {
      files: {
        'snap/hello/42/meta/snap.yaml':
          "name: hello\nversion: '2.10'\nlicense: GPL-3.0\nsummary: GNU Hello\n",
        'snap/core20/1/meta/snap.yaml': 'name: core20\nversion: 20\nbase: none\n',
        'snap/cut/1/meta/snap.yaml': 'name: cut\n',
      },
      packages: ['hello 2.10', 'core20 20'],
      problems: 1,
    },
  ],
];

for (const [lister, sample] of samples)
  test(`${lister.name}: lists what is installed, and reports what states no package`, () => {
    checkLister(lister, [sample]);
  });

test('reports a manifest in UTF-16', () => {
  const path = 'snap/hello/42/meta/snap.yaml';
  const content = Buffer.from('\uFEFFname: hello\nversion: 1\n', 'utf16le');
  assert.deepEqual(
    [...snapLister.list(new Map([[path, content]]))],
    [{ kind: 'problem', path, problem: 'is UTF-16 text, not UTF-8' }],
  );
});

test('states the licence, the author and a source outside the registry', () => {
  const listed = (lister: PackageLister, path: string, text: string) =>
    [...lister.list(new Map([[path, Buffer.from(text)]]))].map((event) =>
      event.kind === 'package' ? event.package : event.kind,
    );
  assert.deepEqual(
    listed(pubLister, 'root/.pub-cache/git/tool-0a1b/pubspec.yaml', 'name: tool\nversion: 1.0.0\n'),
    [{ type: 'pub', name: 'tool', version: '1.0.0', evidence: 'installed', origin: 'git' }],
  );
  assert.deepEqual(
    listed(
      hackageLister,
      'opt/ghc/lib/package.conf.d/base-4.conf',
      'name: base\nversion: 4\nlicense: BSD-3-Clause\nmaintainer: a@example.org\n',
    ),
    [
      {
        type: 'hackage',
        name: 'base',
        version: '4',
        evidence: 'installed',
        supplier: 'a@example.org',
        licenses: ['BSD-3-Clause'],
      },
    ],
  );
});

test('cpan: takes files that a record covers out of the count of what is unread, and no others', () => {
  const files = new Map([
    [`${perl}/.meta/JSON-4.10/install.json`, '{"name":"JSON","version":"4.10","dist":"JSON-4.10"}'],
    [`${perl}/auto/JSON/.packlist`, ''],
    [`${perl}/auto/Other/.packlist`, ''],
    [`${perl}/perllocal.pod`, '=head2 x: C<Module> L<JSON|JSON>\n\nC<VERSION: 4.10>\n'],
  ]);
  const input = new Map(Array.from(files, ([path, text]) => [path, Buffer.from(text)]));
  const covered = [...cpanLister.list(input)].flatMap(({ kind, path }) =>
    kind === 'no-package' ? [path] : [],
  );
  assert.deepEqual(covered, [`${perl}/perllocal.pod`, `${perl}/auto/JSON/.packlist`]);
});
