import { deflateSync, zstdCompressSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { declaredListers } from '../../src/analyze/declared/declared-lister.ts';
import { builtIn } from '../../src/extensions.ts';
import type { NamespaceDetector } from '../../src/plugin/namespace-detector.ts';
import type { PackageLister } from '../../src/plugin/package-lister.ts';
import { writeNdb, writeRpmPackage } from '../../src/testing/rpm-writer.ts';
import { declaredDocuments } from '../declared-documents.ts';
import { listerOfParts } from '../program-lister.ts';
import { inventoryFormats } from './inventory-formats.ts';
import type { FileFormat, Subject } from './subject.ts';

const stanza = `Package: bash
Status: install ok installed
Version: 1:5.2-1~deb12u1
Architecture: amd64
Source: bash (5.2)
Depends: libc6 (>= 2.36), base-files | x
Provides: sh (= 1)
Conffiles:
 /etc/bash.bashrc 89269e1298235f1b12b4c16e4065ad0d
Description: a shell
 of GNU

`;

const erlangTerm =
  '%% x\n{application,plug,\n [{description,"A \\"b\\""},{modules,[\'Elixir.Plug\']},{env,[{a,$,},{b,<<"x">>},{c,-1.5}]},{vsn,"1.15.3"}]}.\n';

const listers: Readonly<Record<string, readonly FileFormat[]>> = {
  ...inventoryFormats,
  dpkg: [
    { path: 'var/lib/dpkg/status', document: stanza },
    { path: 'var/lib/dpkg/status.d/bash', document: stanza },
    {
      path: 'var/lib/dpkg/info/bash.list',
      document: '/.\n/bin\n/usr/lib/python3/dist-packages/x-1.egg-info\n',
    },
    {
      path: 'var/lib/dpkg/info/bash.md5sums',
      document: 'd41d8cd98f00b204e9800998ecf8427e  usr/lib/python3/dist-packages/x-1.egg-info\n',
    },
    { path: 'var/lib/dpkg/diversions', document: '/usr/bin/a\n/usr/bin/a.distrib\nbash\n' },
  ],
  apk: [
    {
      path: 'lib/apk/db/installed',
      document:
        'C:Q1x=\nP:musl\nV:1.2.4-r2\nA:x86_64\no:musl\nL:MIT AND (BSD-2-Clause OR GPL-2.0 WITH x)\nD:so:libc.so>=1 !x\np:so:a=1\nF:lib\nR:ld.so\na:0:0:755\n\n',
    },
    {
      path: 'var/lib/db/sbom/a-1-r0.spdx.json',
      document:
        '{"spdxVersion":"SPDX-2.3","creationInfo":{"creators":["Tool: melange"]},"packages":[{"SPDXID":"a","supplier":"Organization: x","licenseDeclared":"MIT","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:apk/wolfi/a@1-r0?arch=x86_64#b.yaml"}]}],"relationships":[{"spdxElementId":"a","relationshipType":"DESCRIBED_BY","relatedSpdxElement":"a"}]}',
    },
  ],
  rpm: [
    { path: 'var/lib/rpm/Packages.db', document: 'bash', pack: (name) => writeNdb([writeRpmPackage(name)]) },
    {
      path: 'var/lib/rpm/Packages.db',
      document: 'bash-5-1.src.rpm',
      pack: (text) =>
        writeNdb([
          writeRpmPackage('bash', [
            [1014, text],
            [1044, text],
            [1047, [text]],
            [1049, [text]],
            [1117, [text]],
            [5096, text],
          ]),
        ]),
    },
    {
      path: 'var/lib/rpmmanifest/container-manifest-2',
      document: 'bash\t5.1-1.cm2\t1\t2\tMicrosoft\t(none)\t3\tx86_64\t0\tbash-5.1-1.cm2.src.rpm\n',
    },
  ],
  pacman: [
    {
      path: 'var/lib/pacman/local/zlib-1:1.3.1-2/desc',
      document:
        '%NAME%\nzlib\n\n%VERSION%\n1:1.3.1-2\n\n%BASE%\nzlib\n\n%ARCH%\nx86_64\n\n%LICENSE%\nZlib\n\n%DEPENDS%\nglibc>=2\n\n',
    },
  ],
  chisel: [
    {
      path: 'var/lib/chisel/manifest.wall',
      document:
        '{"jsonwall":"1.0","schema":"1.0","count":3}\n{"kind":"package","name":"libc6","version":"2.39-0ubuntu8","sha256":"00","arch":"amd64"}\n{"kind":"path","path":"/usr/bin/ldd","mode":"0755","slices":["libc6_libs"]}\n',
      syntax: 'json',
      pack: (document) => zstdCompressSync(document),
    },
  ],
  npm: [
    {
      path: 'app/node_modules/@babel/core/package.json',
      document: '{"name":"@babel/core","version":"7.20.0","license":"MIT","engines":{"node":">=6"}}',
      syntax: 'json',
    },
    {
      path: 'srv/.pnp.cjs',
      document: '{"packageLocation": "./.yarn/cache/a-npm-1.0.0-1-2.zip/node_modules/a/"}\n',
    },
    {
      path: 'srv/.yarn/cache/a-npm-1.0.0-1-2.zip',
      document: '{"name":"a","version":"1.0.0"}',
      pack: (document) => packJar('node_modules/a/package.json', document),
    },
  ],
  pypi: [
    {
      path: 'usr/lib/python3/site-packages/Jinja2-3.1.2.dist-info/METADATA',
      document:
        'Metadata-Version: 2.1\nName: Jinja2\nVersion: 3.1.2\nAuthor: A\nAuthor-email: a@example.org\nLicense: BSD\nClassifier: License :: OSI Approved :: BSD License\nRequires-Dist: MarkupSafe (>=2.0) ; extra == "i18n"\n',
    },
    {
      path: 'usr/lib/python3/site-packages/Jinja2-3.1.2.dist-info/RECORD',
      document: 'jinja2/__init__.py,sha256=x,1\n"a,b/c.so",,\nsix.py,,\n',
    },
    {
      path: 'wheels/a-1.0-py3-none-any.whl',
      document: 'Metadata-Version: 2.1\nName: a\nVersion: 1.0\n\n',
      pack: (document) => packJar('a-1.0.dist-info/METADATA', document),
    },
    {
      path: 'usr/lib/python3/site-packages/pip/_vendor/vendor.txt',
      document: 'requests[socks]==2.26.0 ; python_version > "3" # a\n    idna==3.2\n',
    },
  ],
  gem: [
    {
      path: 'usr/local/bundle/specifications/rake-13.0.3.gemspec',
      document:
        '# -*- encoding: utf-8 -*-\n# stub: rake 13.0.3 ruby lib\n\nGem::Specification.new do |s|\n  s.name = "rake".freeze\n  s.version = Gem::Version.new("13.0.3")\n  s.authors = ["A \\u00E9".freeze, %q<B>]\n  s.licenses = ["MIT".freeze]\n  s.add_dependency(%q<rack>.freeze, ["~> 2.0"])\nend\n',
    },
  ],
  composer: [
    {
      path: 'var/www/vendor/composer/installed.json',
      document:
        '{"packages":[{"name":"symfony/symfony","version":"v4.4.1","license":["MIT"],"authors":[{"name":"A"}],"require":{"psr/log":"~1.0"},"replace":{"symfony/http-kernel":"self.version"}}]}',
      syntax: 'json',
    },
  ],
  wordpress: [
    { path: 'srv/wp-includes/version.php', document: "<?php\n/** x */\n$wp_version = '6.4.2';\n" },
    {
      path: 'srv/wp-content/plugins/akismet/akismet.php',
      document:
        '<?php\n/*\n * Plugin Name: Akismet\n * Version: 5.3\n * Author: A\n * License: GPLv2\n * Requires Plugins: b, c\n */\n',
    },
    {
      path: 'srv/wp-content/themes/child/style.css',
      document: '/*\nTheme Name: Child\nTemplate: a\nVersion: 1.0\n*/\nbody {}\n',
    },
  ],
  maven: [
    {
      path: 'app/a.jar',
      document: 'groupId=org.yaml\nartifactId=snakeyaml\nversion=1.26\n',
      pack: (document) => packJar('META-INF/maven/org.yaml/snakeyaml/pom.properties', document),
    },
    {
      path: 'app/a.jar',
      document:
        '<project><parent><groupId>g</groupId><version>1</version></parent><artifactId>a</artifactId></project>',
      pack: (document) => packJar('META-INF/maven/g/a/pom.xml', document),
    },
    {
      path: 'app/a-1.0.jar',
      document: 'Manifest-Version: 1.0\r\nBundle-SymbolicName: org.\r\n example.a;x:=1\r\n\r\nName: a/\r\n',
      pack: (document) => packJar('META-INF/MANIFEST.MF', document),
    },
    {
      path: 'opt/a-1.0/META-INF/MANIFEST.MF',
      document: 'Manifest-Version: 1.0\r\nBundle-SymbolicName: org.\r\n example.a;x:=1\r\n\r\nName: a/\r\n',
    },
    {
      path: 'opt/a-1.0/META-INF/maven/g/a/pom.properties',
      document: 'groupId=g\nartifactId=a\nversion=1.26\n',
    },
    {
      path: 'opt/a-1.0/META-INF/maven/g/a/pom.xml',
      document: '<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version></project>',
    },
  ],
  nuget: [
    {
      path: 'app/Shop.deps.json',
      document:
        '{"runtimeTarget":{"name":"net8/linux-x64"},"targets":{"net8/linux-x64":{"A/1.0.0":{"runtime":{"lib/A.dll":{}}}}},"libraries":{"A/1.0.0":{"type":"package"}}}',
      syntax: 'json',
    },
  ],
  cran: [
    {
      path: 'usr/lib/R/library/curl/DESCRIPTION',
      document:
        'Package: curl\nVersion: 5.0.0\nLicense: MIT + file LICENSE\nMaintainer: J <j@e.org>\nBuilt: R 4.2.2\n',
    },
  ],
  conda: [
    {
      path: 'opt/conda/conda-meta/zlib-1.2.11-h90dfc92_1014.json',
      document: '{"name":"zlib","version":"1.2.11","license":"Zlib","files":["lib/libz.so"]}',
      syntax: 'json',
    },
  ],
  hex: [{ path: 'opt/a/lib/plug-1.15.3/ebin/plug.app', document: erlangTerm }],
  golang: [
    {
      path: 'go-build-info',
      document:
        'go1.22.1\npath\ta.b/c\nmod\ta.b/c\t(devel)\t\ndep\ta.b/d\tv1.0.0\n=>\ta.b/e\tv1.0.0\nbuild\t-ldflags="-s -X main.version=v1.2.3 -X \'a.b=c d\'"\nbuild\tvcs.time=2023-04-22T20:40:55Z\n',
    },
  ],
  cargo: [
    {
      path: 'cargo-audit-data',
      document: '{"packages":[{"name":"a","version":"1.0.0-rc.1+x","kind":"runtime"}]}',
      syntax: 'json',
      pack: (document) => deflateSync(document),
    },
    { path: 'cargo-source-paths', document: 'index.crates.io-6f17d22bba15001f/clap-a-2.33.1-rc.1\n' },
  ],
  binary: [
    { path: 'usr/bin/nginx/version-texts', document: 'a\0nginx version: nginx/1.22.1\0' },
    { path: 'usr/lib/libcrypto.so.3/version-texts', document: '\0OpenSSL 1.1.1w-beta1-fips  11 Sep 2023\0' },
    { path: 'usr/bin/python3.12/version-texts', document: '\x003.12.1rc1\0' },
    {
      path: 'usr/lib/libjvm.so/version-texts',
      document:
        'OpenJDK 64-Bit Server VM (17.0.9+9-Debian-1) for linux-amd64 JRE (17.0.9+9-Debian-1), built on',
    },
  ],
  otp: [{ path: 'opt/a/lib/ssl-10.8/ebin/ssl.app', document: erlangTerm.replace('plug', 'ssl') }],
  'rhel-content-manifest': [
    {
      path: 'root/buildinfo/content_manifests/ubi9.json',
      document:
        '{"metadata":{"icm_version":1,"icm_spec":"x","image_layer_index":1},"content_sets":["rhel-9-for-x86_64-baseos-rpms"],"image_contents":[]}',
      syntax: 'json',
    },
    {
      path: 'root/buildinfo/Dockerfile-ubi9-9.4-1',
      document:
        'FROM x\nLABEL "com.redhat.component"="ubi9-container" name="ubi9" version="9.4" architecture="x86_64"\n',
    },
  ],
};

function packJar(path: string, document: string): Uint8Array {
  return zipSync({ [path]: Buffer.from(document), 'org/example/A.class': new Uint8Array(1) });
}

const licences = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Files: *
Copyright: 2024 A
License: GPL-2+ and (MIT or Expat) with OpenSSL exception
 See /usr/share/common-licenses/GPL-2.
`;

const osRelease =
  'NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID_LIKE="a b" # c\n';

const detectors: Readonly<Record<string, readonly FileFormat[]>> = {
  'os-release': [
    { path: 'etc/os-release', document: osRelease },
    {
      path: 'etc/apt/sources.list',
      document: 'deb [arch=amd64 a=b] http://a.example/debian bookworm main contrib # x\n',
    },
    {
      path: 'etc/apt/sources.list.d/x.sources',
      document: 'Types: deb\nSuites: bookworm\nComponents: main\nEnabled: yes\n',
    },
    { path: 'etc/apk/repositories', document: 'https://a.example/alpine/v3.19/main\n' },
  ],
  'redhat-release': [{ path: 'etc/redhat-release', document: 'CentOS Linux release 7.9.2009 (Core)\n' }],
  'alpine-release': [
    { path: 'etc/alpine-release', document: '3.19.1\n' },
    { path: 'etc/issue', document: 'Welcome to Alpine Linux 3.19\nKernel \\r\n' },
  ],
  'lsb-release': [
    {
      path: 'etc/lsb-release',
      document: 'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\n',
    },
  ],
  'apt-sources': [
    { path: 'etc/apt/sources.list', document: 'deb http://a.example/debian bookworm main\n' },
    { path: 'etc/debian_version', document: '12.4\n' },
  ],
};

const declaredFormats: readonly FileFormat[] = Object.entries(declaredDocuments).map(([path, document]) => ({
  path,
  document,
  ...(document.startsWith('{"') && { syntax: 'json' }),
}));

/** Returns a subject for every file format of every lister and detector. Throws if one has no format. */
export function analyzerSubjects(): Subject[] {
  return [
    ...builtIn.listers.flatMap(licenceSubjects),
    ...builtIn.listers.flatMap((lister) =>
      subjectsOf('lister', lister.name, listers[lister.name], (files) => {
        list(listerOfParts(lister), files);
      }),
    ),
    ...subjectsOf('lister', 'declared', declaredFormats, (files) => {
      for (const lister of declaredListers) list(lister, files);
    }),
    ...builtIn.detectors.flatMap((detector) =>
      subjectsOf('detector', detector.name, detectors[detector.name], (files) => {
        detect(detector, files);
      }),
    ),
  ];
}

/** Returns subjects for the licence files, which are read one at a time. */
function licenceSubjects({ name, licenseFiles }: PackageLister): Subject[] {
  if (licenseFiles === undefined) return [];
  return [
    {
      name: `${name}/licences`,
      kind: 'lister',
      syntax: 'text',
      document: licences,
      read: async (spoilt) => void licenseFiles.read(Buffer.from(spoilt)),
    },
  ];
}

function bytesOf(document: string): Uint8Array {
  return Buffer.from(document);
}

function subjectsOf(
  kind: 'lister' | 'detector',
  name: string,
  formats: readonly FileFormat[] | undefined,
  analyze: (files: ReadonlyMap<string, Uint8Array>) => void,
): Subject[] {
  if (formats === undefined) throw new Error(`fuzz/long-runs/analyzers.ts has no format of ${name}`);
  return formats.map(({ path, document, syntax = 'text', pack = bytesOf }, i) => ({
    name: i === 0 ? name : `${name}/${i + 1}`,
    kind,
    syntax,
    document,
    read: async (spoilt) => {
      analyze(new Map([[path, pack(spoilt)]]));
    },
  }));
}

/** Lists packages, and makes keys of their versions as lookups do. */
function list(lister: PackageLister, files: ReadonlyMap<string, Uint8Array>): void {
  for (const listed of lister.list(files))
    if ('version' in listed) for (const scheme of builtIn.schemes) scheme.key(String(listed.version));
}

function detect(detector: NamespaceDetector, files: ReadonlyMap<string, Uint8Array>): void {
  detector.detect(files);
}
