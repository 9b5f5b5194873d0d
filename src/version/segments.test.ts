import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alpineSegments, debianSegments, plainSegments, rpmSegments, type Segments } from './segments.ts';

/** Formats the pieces of a version: parts separated by ` | `, pieces by a space. */
function shown(segments: (version: string) => Segments, version: string): string {
  return segments(version)
    .map((part) => part.join(' '))
    .join(' | ');
}

test('splits dpkg versions into text and number of upstream version and revision', () => {
  // deb-version(7): the parts without digits may be empty, so that the number is first.
  assert.equal(shown(debianSegments, ' 1:2.36~rc-9+deb12 '), '1 |  2 . 36 ~rc  |  9 +deb 12');
  assert.equal(shown(debianSegments, '2-1-3'), '0 |  2 - 1 |  3');
  assert.equal(shown(debianSegments, '2'), '0 |  2 | ');
  assert.deepEqual(debianSegments('2-'), [['0'], ['', '2'], []]);
});

test('splits rpm versions into runs of digits and of letters, `~` and `^`', () => {
  assert.equal(shown(rpmSegments, '1:2.0~rc1^git-3.el9_2'), '1 | 2 0 ~ rc 1 ^ git | 3 el 9 2');
  assert.equal(shown(rpmSegments, '-2'), '0 |  | 2');
});

test('splits apk versions into components, letter, suffixes, hash and revision', () => {
  assert.equal(shown(alpineSegments, '1.20b_p1~0f-r3'), '1 .20 b _p 1 ~0f -r 3');
  assert.deepEqual(alpineSegments(''), [[]]);
});

test('splits other versions into runs of digits and of letters, and single characters', () => {
  assert.equal(shown(plainSegments, ' v1.2-rc.10 '), '1 . 2 - rc . 10');
  assert.deepEqual(plainSegments(''), [[]]);
});
