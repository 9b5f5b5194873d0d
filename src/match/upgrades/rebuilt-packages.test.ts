import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '../../model/digest.ts';
import type { ReportLayer } from '../../model/report.ts';
import { sampleMatch, samplePackage } from '../../testing/sample-report.ts';
import { rebuildTest } from './rebuilt-packages.ts';

const base = `sha256:${'a1'.repeat(32)}` as Digest;
const upper = `sha256:${'b2'.repeat(32)}` as Digest;

function layerOf(diffId: Digest, createdBy: string | null): ReportLayer {
  return { digest: null, diffId, sizeBytes: 1, createdBy, verified: false };
}

/** Whether a rebuild closes a finding of a package that a layer with this instruction has. */
function isRebuilt(
  createdBy: string | null,
  {
    layer = upper,
    availableSince = '2024-03-01T00:00:00Z',
    created = '2024-02-01T00:00:00Z',
    baseLayers = 1,
  }: {
    readonly layer?: Digest;
    readonly availableSince?: string;
    readonly created?: string;
    readonly baseLayers?: number;
  } = {},
): boolean {
  const match = sampleMatch(
    { ...samplePackage('zlib1g', '1'), location: { path: 'var/lib/dpkg/status', layer } },
    { id: 'CVE-1', severity: 'High' },
    { state: 'fixed', version: '2' },
  );
  const target = { reference: 'a', kind: 'oci-layout', manifest: null, platform: null, created } as const;
  const layers = [layerOf(base, 'ADD rootfs.tar / # apt-get install'), layerOf(upper, createdBy)];
  const known = { reference: 'b', layers: baseLayers, knownBy: 'option' } as const;
  return rebuildTest({ target, layers, base: known })({
    ...match,
    fix: { state: 'fixed', version: '2', availableSince },
  });
}

test('a rebuild closes what an instruction installed before the fix', () => {
  for (const instruction of [
    'RUN /bin/sh -c apt-get update && apt-get install -y zlib1g # buildkit',
    'RUN apk add --no-cache zlib',
    'RUN microdnf -y install zlib && microdnf clean all',
  ])
    assert.ok(isRebuilt(instruction), instruction);
});

test('a rebuild does not close what is copied, is of the base, was fixed before, or has no dates', () => {
  const instruction = 'RUN apt-get install -y zlib1g';
  assert.ok(!isRebuilt('COPY rootfs / # buildkit'));
  assert.ok(!isRebuilt(null));
  assert.ok(!isRebuilt(instruction, { layer: base }));
  assert.ok(!isRebuilt(instruction, { baseLayers: 2 }));
  assert.ok(!isRebuilt(instruction, { availableSince: '2024-01-01T00:00:00Z' }));
  assert.ok(!isRebuilt(instruction, { availableSince: '' }));
  assert.ok(!isRebuilt(instruction, { created: '' }));
});
