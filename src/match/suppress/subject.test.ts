import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageNameOf } from '../../model/image-name.ts';
import { type SuppressionSubject, subjectsNamed } from './subject.ts';

const digest = `sha256:${'a'.repeat(64)}`;

function subjectOf(reference: string): SuppressionSubject {
  const target = { reference, platform: null, manifest: null };
  return {
    target,
    name: imageNameOf({ ...target, kind: 'registry' }),
    namespaces: new Set(),
    distros: new Set(),
    schemes: [],
    purlsOf: () => ({ own: undefined, source: undefined }),
  };
}

function referencesOf(reference: string, names: readonly string[]): string[] {
  return subjectsNamed(subjectOf(reference), names).map(({ target }) => target.reference);
}

test('returns the subject alone if the image has no current name', () => {
  assert.deepEqual(referencesOf('registry:r.example/shop:1', []), ['registry:r.example/shop:1']);
});

test('returns the subject of an archive alone, whose names are claims', () => {
  const subject = { ...subjectOf('shop.tar'), name: undefined };
  assert.deepEqual(subjectsNamed(subject, ['r.example/shop:1']), [subject]);
});

test('returns a subject for each current name, in the form of the reference', () => {
  const names = ['r.example/shop:1', 'r.example/shop:latest'];
  assert.deepEqual(referencesOf('registry:r.example/shop:1', names), [
    'registry:r.example/shop:1',
    'registry:r.example/shop:latest',
  ]);
  assert.deepEqual(referencesOf('r.example/shop:2', names), names);
});

test('keeps a reference by digest beside the tags, which cannot replace it', () => {
  const byDigest = `registry:r.example/shop@${digest}`;
  assert.deepEqual(referencesOf(byDigest, ['r.example/shop:1']), [byDigest, 'registry:r.example/shop:1']);
  assert.deepEqual(referencesOf(`registry:r.example/shop:1@${digest}`, ['r.example/shop:2']), [
    'registry:r.example/shop:2',
  ]);
});
