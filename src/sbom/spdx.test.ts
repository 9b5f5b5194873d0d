import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  packageTexts,
  problems,
  purlRef,
  readInventory,
  spdxInventory,
} from '../testing/third-party-inventory.ts';

test('reads the source from the text of Trivy SPDX', () => {
  const inventory = spdxInventory(
    [
      {
        SPDXID: 'SPDXRef-ContainerImage-1',
        name: 'alpine:3.15',
        primaryPackagePurpose: 'CONTAINER',
        ...purlRef('pkg:oci/alpine@sha256%3A19'),
      },
      {
        SPDXID: 'SPDXRef-OperatingSystem-1',
        name: 'alpine',
        versionInfo: '3.15.11',
        primaryPackagePurpose: 'OPERATING-SYSTEM',
      },
      {
        SPDXID: 'SPDXRef-Package-1',
        name: 'libc-utils',
        versionInfo: '0.7.2-r3',
        primaryPackagePurpose: 'LIBRARY',
        sourceInfo: 'built package from: libc-dev 0.7.2-r3',
        ...purlRef('pkg:apk/alpine/libc-utils@0.7.2-r3?arch=x86_64&distro=3.15.11'),
      },
      {
        SPDXID: 'SPDXRef-Application-1',
        name: 'app/go.mod',
        primaryPackagePurpose: 'APPLICATION',
        annotations: [{ annotator: 'Tool: trivy-0.58.0', comment: 'Class: lang-pkgs' }],
      },
    ],
    [
      {
        spdxElementId: 'SPDXRef-DOCUMENT',
        relationshipType: 'DESCRIBES',
        relatedSpdxElement: 'SPDXRef-ContainerImage-1',
      },
    ],
  );
  assert.deepEqual(packageTexts(inventory), ['apk libc-utils 0.7.2-r3 from libc-dev 0.7.2-r3']);
  assert.deepEqual(inventory.distro, { id: 'alpine', versionId: '3.15.11', like: [] });
  assert.equal(inventory.subject.reference, 'alpine:3.15');
  assert.deepEqual(problems(inventory), []);
});

test('reads BuildKit attestations whose predicate is SPDX of syft', () => {
  const inventory = readInventory({
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: 'https://spdx.dev/Document',
    subject: [{ name: 'pkg:docker/shop@1', digest: {} }],
    predicate: {
      spdxVersion: 'SPDX-2.3',
      name: 'sbom',
      packages: [
        {
          SPDXID: 'SPDXRef-busybox',
          name: 'busybox',
          versionInfo: '1.36.1-r29',
          sourceInfo: 'acquired package info from APK DB: /lib/apk/db/installed',
          ...purlRef('pkg:apk/alpine/busybox@1.36.1-r29?arch=x86_64&distro=alpine-3.20.3', 'PACKAGE_MANAGER'),
        },
        { SPDXID: 'SPDXRef-DocumentRoot-Directory-sbom', name: 'sbom', primaryPackagePurpose: 'FILE' },
      ],
    },
  });
  assert.deepEqual(packageTexts(inventory), ['apk busybox 1.36.1-r29 from busybox 1.36.1-r29']);
  assert.equal(inventory.packages[0]?.location.path, 'lib/apk/db/installed');
  assert.deepEqual(inventory.distro, { id: 'alpine', versionId: '3.20.3', like: [] });
});

test('reads GENERATED_FROM packages of other tools as sources that are not installed', () => {
  const inventory = spdxInventory(
    [
      {
        SPDXID: 'SPDXRef-bin',
        name: 'libssl3',
        versionInfo: '3.0.11-1',
        ...purlRef('pkg:deb/debian/libssl3@3.0.11-1?distro=bookworm'),
      },
      {
        SPDXID: 'SPDXRef-src',
        name: 'openssl',
        versionInfo: '3.0.11-1',
        ...purlRef('pkg:deb/debian/openssl@3.0.11-1?arch=source'),
      },
      { SPDXID: 'SPDXRef-other', name: 'left-alone', versionInfo: '1' },
    ],
    [{ spdxElementId: 'SPDXRef-bin', relationshipType: 'GENERATED_FROM', relatedSpdxElement: 'SPDXRef-src' }],
  );
  assert.deepEqual(packageTexts(inventory), ['deb libssl3 3.0.11-1 from openssl 3.0.11-1']);
  assert.deepEqual(problems(inventory), ['SPDXRef-other: "left-alone" has no package URL']);
  assert.equal(inventory.distro?.versionId, '12');
});
