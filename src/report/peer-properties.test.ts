import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '../model/digest.ts';
import type { Package } from '../model/package.ts';
import { syftProperties, trivyProperties } from './peer-properties.ts';

const layer = `sha256:${'1'.repeat(64)}` as Digest;

function found(changes: Partial<Package>): Package {
  return {
    type: 'deb',
    name: 'a',
    version: '1',
    purl: 'pkg:deb/debian/a@1',
    foundBy: 'x',
    location: { path: 'var/lib/dpkg/status', layer },
    ...changes,
  };
}

/** Returns properties without those that are undefined. */
function stated(properties: Readonly<Record<string, string | undefined>>): object {
  return JSON.parse(JSON.stringify(properties)) as object;
}

const manifest = 'app/node_modules/ms/package.json';
const copy = 'srv/node_modules/ms/package.json';
const ms = found({
  type: 'npm',
  name: 'ms',
  evidence: 'installed',
  location: { path: manifest, layer },
  locations: [
    { path: copy, layer: null },
    { path: manifest, layer },
  ],
});

test('states type, language and all locations as syft 1.51 reads them', () => {
  assert.deepEqual(stated(syftProperties(ms)), {
    'syft:package:type': 'npm',
    'syft:package:language': 'javascript',
    'syft:location:0:path': manifest,
    'syft:location:0:layerID': layer,
    'syft:location:1:path': copy,
  });
  const types = {
    maven: 'java-archive',
    golang: 'go-module',
    cargo: 'rust-crate',
    pypi: 'python',
    cran: 'R-package',
  };
  for (const [type, expected] of Object.entries(types))
    assert.equal(syftProperties(found({ type }))['syft:package:type'], expected);
});

test('states type, file and layer of a language package as Trivy 0.74 reads them', () => {
  assert.deepEqual(stated(trivyProperties(ms)), {
    PkgType: 'node-pkg',
    FilePath: manifest,
    LayerDiffID: layer,
  });
  assert.deepEqual(stated(trivyProperties({ ...ms, evidence: 'declared', locations: [] })), {
    FilePath: manifest,
    LayerDiffID: layer,
  });
});

test('states the source package in the parts into which Trivy splits its version', () => {
  const sourceOf = (type: string, version: string): object => {
    const { LayerDiffID, ...source } = trivyProperties(found({ type, source: { name: 's', version } }));
    return stated(source);
  };
  const version = { SrcName: 's', SrcVersion: '1.2', SrcRelease: '3', SrcEpoch: '1' };
  assert.deepEqual(sourceOf('deb', '1:1.2-3'), version);
  assert.deepEqual(sourceOf('rpm', '1:1.2-3'), version);
  assert.deepEqual(sourceOf('deb', '1.2-4-3'), { SrcName: 's', SrcVersion: '1.2-4', SrcRelease: '3' });
  assert.deepEqual(sourceOf('deb', '1.2'), { SrcName: 's', SrcVersion: '1.2' });
  assert.deepEqual(sourceOf('apk', '1.2-r3'), { SrcName: 's', SrcVersion: '1.2-r3' });
});

test('states nothing to syft about a type that it does not know', () => {
  assert.deepEqual(stated(syftProperties(found({ type: 'acme' }))), {});
});
