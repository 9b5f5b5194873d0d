import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unsupportedNodeReason } from './require-node.ts';

test('names the needed version when Node is too old', () => {
  assert.equal(unsupportedNodeReason('20.20.2'), 'clair needs Node 22.22 or later; this is v20.20.2');
  assert.equal(unsupportedNodeReason('22.21.1'), 'clair needs Node 22.22 or later; this is v22.21.1');
  const between = 'clair needs Node 22.22 or later of 22, or Node 24.5 or later; this is v';
  for (const version of ['23.11.1', '24.4.1'])
    assert.equal(unsupportedNodeReason(version), between + version);
});

test('accepts Node 22.22 and later', () => {
  for (const version of ['22.22.0', '22.100.0', '24.5.0', '24.21.0', '25.0.0', '26.1.0'])
    assert.equal(unsupportedNodeReason(version), undefined, version);
});
