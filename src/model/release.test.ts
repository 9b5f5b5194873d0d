import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseOf } from './release.ts';

test('returns the release of a codename of Debian or Ubuntu, and none for any other word', () => {
  assert.deepEqual(releaseOf('bookworm'), { id: 'debian', versionId: '12', codename: 'bookworm' });
  assert.deepEqual(releaseOf('jammy'), { id: 'ubuntu', versionId: '22.04', codename: 'jammy' });
  for (const word of ['sid', 'stable', 'constructor', '']) assert.equal(releaseOf(word), undefined);
});
