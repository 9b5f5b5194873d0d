import { zipSync } from 'fflate';
import { conanCache } from '../../src/testing/conan-cache.ts';
import { storeDatabase } from '../../src/testing/store-writer.ts';
import type { FileFormat } from './subject.ts';

/** The formats of small manifests and inventories, by the names of their listers. */
export const inventoryFormats: Readonly<Record<string, readonly FileFormat[]>> = {
  nix: [
    {
      path: 'nix/var/nix/db/db.sqlite',
      document: 'openssl-3.0.8-bin',
      pack: (name) => storeDatabase('/nix/store', [name]),
    },
  ],
  guix: [
    {
      path: 'var/guix/db/db.sqlite',
      document: 'hello-2.12.1',
      pack: (name) => storeDatabase('/gnu/store', [name]),
    },
  ],
  portage: [{ path: 'var/db/pkg/app-shells/bash-5.1_p16-r2/PF', document: 'bash-5.1_p16-r2\n' }],
  bottlerocket: [
    {
      path: 'usr/share/bottlerocket/application-inventory.json',
      document:
        '{"Content":[{"Name":"glibc","Publisher":"Bottlerocket","Version":"2.43","Release":"1.br1","Epoch":"1","Architecture":"x86_64"}]}',
      syntax: 'json',
    },
  ],
  'ai-model': [
    {
      path: 'models/a.safetensors',
      document:
        '{"__metadata__":{"modelspec.title":"a b","modelspec.license":"MIT"},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      pack: (header) => {
        const length = Buffer.alloc(8);
        length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
        return Buffer.concat([length, Buffer.from(header)]);
      },
    },
  ],
  'firefox-extension': [
    {
      path: 'extensions/a.xpi',
      document: '{"manifest_version":2,"version":"1.0","applications":{"gecko":{"id":"a@b.c"}}}',
      pack: (manifest) => zipSync({ 'manifest.json': Buffer.from(manifest) }, { level: 0 }),
    },
  ],
  bitnami: [
    {
      path: 'opt/bitnami/redis/.spdx-redis.spdx',
      document:
        '{"spdxVersion":"SPDX-2.3","packages":[{"externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:bitnami/redis@7.0.5-1?arch=amd64"}]}]}',
      syntax: 'json',
    },
    {
      path: 'opt/bitnami/.bitnami_components.json',
      document: '{"redis":{"version":"7.0.5-1"}}',
      syntax: 'json',
    },
  ],
  'claimed-crates': wheelClaims('pkg:cargo/itoa@1.0.11'),
  'claimed-products': wheelClaims('pkg:generic/openssl@4.0.3'),
  'claimed-rpms-centos-7': wheelClaims('pkg:rpm/centos/keyutils-libs@1.5.8-3.el7'),
  'claimed-rpms-almalinux-8': wheelClaims('pkg:rpm/almalinux/libssh@0.9.6-14.el8'),
  'claimed-rpms-almalinux-9': wheelClaims('pkg:rpm/almalinux/libssh@0.10.4-13.el9'),
  'claimed-rpms-almalinux-10': wheelClaims('pkg:rpm/almalinux/libssh@0.11.1-1.el10'),
  luarocks: [
    {
      path: 'usr/local/lib/luarocks/rocks-5.1/lpeg/1.0.2-1/lpeg-1.0.2-1.rockspec',
      document:
        'package = "LPeg"\nversion = "1.0.2-1"\nsource = {\n   url = "https://a.example/lpeg-1.0.2.tar.gz",\n}\n',
    },
  ],
  cpan: [
    {
      path: 'usr/local/lib/perl5/site_perl/5.36.0/x86_64-linux-gnu/.meta/libwww-perl-6.67/install.json',
      document:
        '{"name":"LWP","version":"6.67","dist":"libwww-perl-6.67","provides":{"LWP":{"file":"LWP.pm"}}}',
      syntax: 'json',
    },
    {
      path: 'usr/local/lib/perl5/5.36.0/x86_64-linux-gnu/perllocal.pod',
      document:
        '=head2 Tue Jan 16 20:13:46 2024: C<Module> L<JSON::XS|JSON::XS>\n\n=over 4\n\n=item *\n\nC<VERSION: 4.03>\n\n=back\n',
    },
  ],
  hackage: [
    {
      path: 'opt/ghc/lib/package.conf.d/base-4.18.0.0.conf',
      document:
        'name:                 base\nversion:              4.18.0.0\nvisibility:           public\nid:                   base-4.18.0.0\nlicense:              BSD-3-Clause\nmaintainer:           libraries@haskell.org\ndescription:\n    Text\n    .\n    More\nexposed: True\n',
    },
  ],
  julia: [
    {
      path: 'root/.julia/packages/JSON/93Ea8/Project.toml',
      document:
        'name = "JSON"\nuuid = "682c06a0-de6a-54ab-a142-c8b1cf79cde6"\nversion = "0.21.4"\n\n[deps]\nDates = "ade2ca70-3891-5945-98fb-dc099432e06a"\n',
    },
    {
      path: 'root/.julia/environments/v1.9/Manifest.toml',
      document: 'julia_version = "1.9.3"\nmanifest_format = "2.0"\n',
    },
  ],
  opam: [
    {
      path: 'home/opam/.opam/4.14/.opam-switch/packages/lwt.5.6.1/opam',
      document:
        'opam-version: "2.0"\nname: "lwt"\nversion: "5.6.1"\nlicense: "MIT"\nmaintainer: ["a@example.org"]\n',
    },
  ],
  pub: [
    {
      path: 'root/.pub-cache/hosted/pub.dev/http-1.1.0/pubspec.yaml',
      document:
        "name: http\nversion: 1.1.0 # x\ndescription: >-\n  A library\nenvironment:\n  sdk: '>=3.0.0 <4.0.0'\n",
    },
    {
      path: 'root/.pub-cache/git/http-0a1b2c/pubspec.yaml',
      document: 'name: \'http\'\nversion: "1.2.0-dev"\n',
    },
  ],
  conan: [
    {
      path: 'root/.conan/data/zlib/1.2.13/_/_/package/0a1b/conaninfo.txt',
      document: '[settings]\n    arch=x86_64\n\n[full_requires]\n',
    },
    {
      path: 'root/.conan2/p/cache.sqlite3',
      document: 'zlib/1.3.1@user/channel',
      pack: (reference) => conanCache([[reference, 'b/zlibda00419ee546d']]),
    },
  ],
  'vscode-extension': [
    {
      path: 'root/.vscode-server/extensions/ms-python.python-2024.1.0/package.json',
      document:
        '{"name":"python","publisher":"ms-python","version":"2024.1.0","license":"MIT","engines":{"vscode":"^1.82.0"}}',
      syntax: 'json',
    },
  ],
  'chrome-extension': [
    {
      path: 'root/.config/chromium/Default/Extensions/abcdefghijklmnopabcdefghijklmnop/1.2.3_0/manifest.json',
      document: '{"manifest_version":3,"name":"__MSG_name__","version":"1.2.3"}',
      syntax: 'json',
    },
  ],
  brew: [
    {
      path: 'home/linuxbrew/.linuxbrew/Cellar/jq/1.6_1/INSTALL_RECEIPT.json',
      document: '{"homebrew_version":"4.1.0","source":{"versions":{"stable":"1.6"}}}',
      syntax: 'json',
    },
  ],
  flatpak: [
    {
      path: 'var/lib/flatpak/app/org.gnome.Maps/x86_64/stable/0a1b/metadata',
      document:
        '[Application]\nname=org.gnome.Maps\nruntime=org.gnome.Platform/x86_64/45\n\n[Context]\nshared=network;\n',
    },
  ],
  snap: [
    {
      path: 'snap/hello/42/meta/snap.yaml',
      document: "name: hello\nversion: '2.10'\nlicense: GPL-3.0\nsummary: GNU Hello\nbase: core20\n",
    },
  ],
};

/** Returns the document of a Python distribution that claims to contain a component. */
function wheelClaims(purl: string): readonly FileFormat[] {
  return [
    {
      path: 'usr/lib/python3/site-packages/orjson-3.10.0.dist-info/sboms/orjson.cyclonedx.json',
      document: `{"bomFormat":"CycloneDX","components":[{"purl":"${purl}"}]}`,
      syntax: 'json',
    },
  ];
}
