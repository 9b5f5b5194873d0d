import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { suite, test } from 'node:test';
import type { Distro } from '../../model/distro.ts';
import { namespaceOf } from '../../model/namespace.ts';
import type { Files } from '../../plugin/layer-files.ts';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { alpineRelease } from './alpine-release.ts';
import { aptSources } from './apt-sources.ts';
import { lsbRelease } from './lsb-release.ts';
import { osRelease } from './os-release.ts';
import { redhatRelease } from './redhat-release.ts';

const order = [osRelease, redhatRelease, alpineRelease, lsbRelease, aptSources];

function detect(files: Files): Distro | undefined {
  for (const detector of order) {
    const distro = detector.detect(files);
    if (distro !== undefined) return distro;
  }
  return undefined;
}

/** Expected namespaces by directories of the corpus that name their release. */
const namedByDirectory: readonly (readonly [directory: RegExp, namespace: string])[] = [
  [/^claircore\/alpine\/testdata\/(3\.\d+)$/, 'alpine:v$1'],
  [/^claircore\/alpine\/testdata\/(edge)$/, 'alpine:$1'],
  [/^claircore\/debian\/testdata\/(?:distroless_)?dist\/(\d+)$/, 'debian:$1'],
  [/^claircore\/ubuntu\/testdata\/dist\/(\d+\.\d+)$/, 'ubuntu:$1'],
  [/^claircore\/rhel\/testdata\/releasefiles\/(?:atomichost-)?(\d+)$/, 'rhel:$1'],
];

/**
 * Expected namespaces of the others, by hand. `null` means that no file names a distribution. Of three Oracle images
 * only the redhat-release, which names RHEL, is in this part of the corpus. "Red Hat Linux 6.2" is of 1999 and is not
 * RHEL.
 */
const namedByHand: Readonly<Record<string, string | null>> = {
  'claircore/rhel/testdata/releasefiles/oracle-6': 'rhel:6',
  'claircore/rhel/testdata/releasefiles/oracle-7': 'oracle:7',
  'claircore/rhel/testdata/releasefiles/oracle-8': 'rhel:8',
  'claircore/rhel/testdata/releasefiles/oracle-9': 'rhel:9',
  'claircore/osrelease/testdata/Alpine': 'alpine:v3.10',
  'claircore/osrelease/testdata/Bionic': 'ubuntu:18.04',
  'claircore/osrelease/testdata/Buster': 'debian:10',
  'claircore/osrelease/testdata/DistrolessCorrupt': 'debian:12',
  'claircore/osrelease/testdata/DistrolessValid': 'debian:12',
  'claircore/osrelease/testdata/EmptyKey': 'fedora:30',
  'claircore/osrelease/testdata/OpenSUSe': 'opensuse-leap:15.1',
  'claircore/osrelease/testdata/Silverblue': 'fedora:30',
  'claircore/osrelease/testdata/Toolbox': 'fedora:30',
  'claircore/osrelease/testdata/Ubi8': 'rhel:8',
  'claircore/osrelease/testdata/Vyos': 'vyos:1.4-rolling-202307070317',
  'grype/grype/distro/testdata/os/alpine-edge': 'alpine:edge',
  'grype/grype/distro/testdata/os/azurelinux': 'azurelinux:3.0',
  'grype/grype/distro/testdata/os/chainguard': 'chainguard',
  'grype/grype/distro/testdata/os/gentoo': 'gentoo',
  'grype/grype/distro/testdata/os/hummingbird': 'hummingbird',
  'grype/grype/distro/testdata/os/minimos': 'minimos',
  'grype/grype/distro/testdata/os/postmarketos': 'alpine:v3.22',
  'grype/grype/distro/testdata/os/raspbian': 'debian:9',
  'grype/grype/distro/testdata/os/scientific6': 'scientific:6',
  'grype/test/integration/testdata/image-alpine-match-coverage': 'alpine:v3.12',
  'grype/test/integration/testdata/image-centos-match-coverage': 'centos:8',
  'grype/test/integration/testdata/image-sles-match-coverage': 'sles:12.5',
  'snyk-docker-plugin/test/fixtures/os/alpine_release_corrupt/fs': null,
  'snyk-docker-plugin/test/fixtures/os/centos_5/fs': 'centos:5',
  'snyk-docker-plugin/test/fixtures/os/centos_6/fs': 'centos:6',
  'snyk-docker-plugin/test/fixtures/os/debian_6/fs': 'debian:6',
  'snyk-docker-plugin/test/fixtures/os/debian_9/fs': 'debian:9',
  'snyk-docker-plugin/test/fixtures/os/oraclelinux_5_11/fs': 'oracle:5',
  'snyk-docker-plugin/test/fixtures/os/oraclelinux_7_5/fs': 'oracle:7',
  'snyk-docker-plugin/test/fixtures/os/os_release_corrupt/fs': null,
  'snyk-docker-plugin/test/fixtures/os/redhat_7/fs': 'rhel:7',
  'snyk-docker-plugin/test/fixtures/os/sles_15/fs': 'sles:15',
  'snyk-docker-plugin/test/fixtures/os/ubuntu_10_04/fs': 'debian:unstable',
  'snyk-docker-plugin/test/fixtures/os/ubuntu_16_04/fs': 'ubuntu:16.04',
  'snyk-docker-plugin/test/fixtures/os/ubuntu_18_04/fs': 'ubuntu:18.04',
  'syft/cmd/syft/internal/test/integration/testdata/image-pkg-coverage': 'ubuntu:20.04',
  'syft/internal/os/testdata/not_rhel': 'not-rhel:9.4',
  'syft/internal/os/testdata/rhel_content_manifests': 'rhel:9',
  'syft/syft/linux/testdata/bad-redhat-release': 'centos:5',
  'syft/syft/linux/testdata/bad-system-release-cpe': null,
  'syft/syft/linux/testdata/os/almalinux/from-os-release': 'almalinux:8',
  'syft/syft/linux/testdata/os/centos': 'centos:8',
  'syft/syft/linux/testdata/os/centos6': 'centos:6',
  'syft/syft/linux/testdata/os/custom': 'scientific:8',
  'syft/syft/linux/testdata/os/debian/from-debian_version': 'debian',
  'syft/syft/linux/testdata/os/debian/with-point-release': 'debian:13',
  'syft/syft/linux/testdata/os/fedora': 'fedora:36',
  'syft/syft/linux/testdata/os/mariner': 'mariner:1.0',
  'syft/syft/linux/testdata/os/opensuse-leap': 'opensuse-leap:15.2',
  'syft/syft/linux/testdata/os/oraclelinux': 'oracle:8',
  'syft/syft/linux/testdata/os/redhat/from-os-release': 'rhel:7',
  'syft/syft/linux/testdata/os/redhat/from-redhat-release': 'rhel:8',
  'syft/syft/linux/testdata/os/rockylinux/from-os-release': 'rocky:8',
  'syft/syft/linux/testdata/os/rockylinux/from-redhat-release': 'rocky:8',
  'syft/syft/linux/testdata/os/scientific/from-redhat-release': 'scientific:7',
  'syft/syft/linux/testdata/os/sles': 'sles:15.2',
  'syft/syft/linux/testdata/os/wolfi': 'wolfi',
  'syft/syft/linux/testdata/partial-fields/missing-id': null,
  'syft/syft/linux/testdata/partial-fields/unknown-id': 'my-awesome-distro:8',
  'trivy/pkg/fanal/analyzer/os/debian/testdata/debian_9': 'debian:9',
  'trivy/pkg/fanal/analyzer/os/debian/testdata/debian_sid': 'debian:unstable',
  'trivy/pkg/fanal/analyzer/os/redhatbase/testdata/alma': 'almalinux:8',
  'trivy/pkg/fanal/analyzer/os/redhatbase/testdata/centos': 'centos:7',
  'trivy/pkg/fanal/analyzer/os/redhatbase/testdata/oracle_7': 'oracle:7',
  'trivy/pkg/fanal/analyzer/os/redhatbase/testdata/redhat_6': 'redhat:6.2',
  'trivy/pkg/fanal/analyzer/os/redhatbase/testdata/rocky': 'rocky:8',
  'trivy/pkg/fanal/analyzer/os/ubuntu/testdata': 'ubuntu:18.04',
  'trivy/pkg/fanal/artifact/vm/testdata/alpine': 'alpine:v3.17',
};

interface Indexed {
  readonly file: string;
}

/**
 * Returns the corpus files as images: root of an image → path in it → content. Skips BusyBox binaries, which name no
 * distribution.
 */
function images(): ReadonlyMap<string, ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Map<string, Uint8Array>>();
  for (const { file } of JSON.parse(
    readFileSync(corpus('pkgdb/os-release/index.json'), 'utf8'),
  ) as Indexed[]) {
    if (basename(file) === 'busybox') continue;
    const content = readFileSync(corpus(`pkgdb/${file}`));
    const place = file.slice('os-release/'.length);
    const [, root, path] = /^(.*?)\/((?:etc|usr\/lib)\/.*)$/.exec(place) ?? [];
    if (root !== undefined && path !== undefined) addTo(found, root, path, content);
    else if (place.endsWith('.txtar'))
      addTo(found, place.slice(0, -6), 'etc/os-release', firstSection(content));
    else if (basename(place).startsWith('bad-'))
      addTo(found, place, `etc/${basename(place).slice(4)}`, content);
    else addTo(found, place.slice(0, place.lastIndexOf('/')), `etc/${basename(place)}`, content);
  }
  return found;
}

function addTo(
  images: Map<string, Map<string, Uint8Array>>,
  root: string,
  path: string,
  content: Uint8Array,
): void {
  images.set(root, (images.get(root) ?? new Map<string, Uint8Array>()).set(path, content));
}

function firstSection(txtar: Buffer): Buffer {
  return Buffer.from(txtar.toString().split(/^-- .* --$/m)[1] ?? '');
}

function expectedOf(root: string): string | null | undefined {
  const named = namedByDirectory.find(([directory]) => directory.test(root));
  return named === undefined ? namedByHand[root] : root.replace(named[0], named[1]);
}

suite('release files of the corpus', () => {
  corpusTest('finds the namespace of every image that its directory or its table row names', () => {
    const wrong: Record<string, string | null> = {};
    let assessed = 0;
    for (const [root, files] of images()) {
      const found = namespaceNameOf(detect(files));
      if (found !== expectedOf(root)) wrong[root] = found;
      assessed++;
    }
    assert.deepEqual(wrong, {});
    assert.ok(assessed > 100);
  });
});

function namespaceNameOf(distro: Distro | undefined): string | null {
  // A lister provides the scheme of a type that is not in the table.
  const types = [['deb'], ['apk'], ['rpm'], ['ebuild', 'some scheme']] as const;
  const namespaces = types.map(([type, scheme]) => distro && namespaceOf(distro, type, scheme));
  return namespaces.find((namespace) => namespace)?.name ?? null;
}

function image(files: Readonly<Record<string, string>>): Files {
  return new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
}

const cases: readonly (readonly [
  title: string,
  files: Readonly<Record<string, string>>,
  namespace: string | null,
])[] = [
  [
    'prefers the vendor to the os-release of its parent',
    {
      'etc/os-release': 'ID=rhel\nVERSION_ID=7.9',
      'etc/oracle-release': 'Oracle Linux Server release 7.9',
    },
    'oracle:7',
  ],
  [
    'ignores the redhat-release that rebuilds keep when there is an os-release',
    {
      'etc/os-release': 'ID=ol\nVERSION_ID=8.9',
      'etc/redhat-release': 'Red Hat Enterprise Linux release 8.9 (Ootpa)',
    },
    'oracle:8',
  ],
  [
    'reads AlmaLinux 8, whose centos-release has its own text',
    {
      'etc/os-release': 'ID=almalinux\nVERSION_ID=8.8',
      'etc/centos-release': 'AlmaLinux release 8.8 (Sapphire Caracal)',
    },
    'almalinux:8',
  ],
  [
    'reads a derivative with its own ID as itself, whatever file it kept',
    {
      'etc/os-release': 'ID=circle\nVERSION_ID=8.8\nID_LIKE="rhel"',
      'etc/centos-release': 'CentOS Linux release 8.5',
    },
    'circle:8.8',
  ],
  [
    'reads CentOS Stream as CentOS',
    { 'etc/os-release': 'ID=centos\nVERSION_ID=9', 'etc/centos-release': 'CentOS Stream release 9' },
    'centos:9',
  ],
  [
    'reads CentOS 6 without an os-release',
    {
      'etc/centos-release': 'CentOS release 6.10 (Final)',
      'etc/system-release-cpe': 'cpe:/o:centos:linux:6:GA',
    },
    'centos:6',
  ],
  [
    'reads Ubuntu, which ships the debian_version of Debian',
    { 'etc/lsb-release': 'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=10.04', 'etc/debian_version': 'squeeze/sid' },
    'ubuntu:10.04',
  ],
  [
    'uses the other detectors when os-release has no ID',
    { 'etc/os-release': 'NAME=Alpine', 'etc/alpine-release': '3.18.4' },
    'alpine:v3.18',
  ],
  [
    'prefers os-release to the suite in sources.list',
    {
      'etc/os-release': 'ID=debian\nVERSION_ID=12',
      'etc/apt/sources.list': 'deb http://mirror.example/debian stable main',
    },
    'debian:12',
  ],
  ['returns no namespace for an image without release files', { 'etc/passwd': 'root' }, null],
];

suite('precedence of release files', () => {
  for (const [title, files, namespace] of cases) {
    test(title, () => {
      assert.equal(namespaceNameOf(detect(image(files))), namespace);
    });
  }
});
