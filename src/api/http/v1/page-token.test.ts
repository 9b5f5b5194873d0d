import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFernet, randomFernetKey, sealFernet } from '../../../kit/fernet.ts';
import { pageTokens, paginationKey } from './page-token.ts';

const key = randomFernetKey();
const now = new Date('2026-11-24T22:34:26Z');
const tokens = pageTokens(key, () => now);
const refused = {
  name: 'WireError',
  status: 400,
  message: 'invalid page format: invalid or expired pagination token',
};

/** Returns the sealed content of a token. */
function content(token: string): string | undefined {
  return openFernet(token, key, { now, ageMaxMs: 0 })?.toString();
}

test('seals a page of a list as a number with a line feed, as the encoder of Go writes it', () => {
  const token = tokens.writeRow(1234);
  assert.equal(content(token), '1234\n');
  assert.equal(tokens.readRow(token), 1234);
});

test('seals a page of a notification as Clair does', () => {
  const page = { OldVulnerability: -1, NewVulnerability: 7 };
  const token = tokens.writeNotificationPage(page);
  assert.equal(content(token), '{"OldVulnerability":-1,"NewVulnerability":7}\n');
  assert.deepEqual(tokens.readNotificationPage(token), page);
});

test('refuses a token of the other route with the message of the decoder of Go', () => {
  const page = tokens.writeNotificationPage({ OldVulnerability: 0, NewVulnerability: 0 });
  assert.throws(() => tokens.readRow(page), {
    ...refused,
    message: 'invalid page format: json: cannot unmarshal object into Go value of type int',
  });
  assert.throws(() => tokens.readNotificationPage(tokens.writeRow(1)), {
    ...refused,
    message:
      'invalid page format: json: cannot unmarshal number into Go value of type database.VulnerabilityNotificationPageNumber',
  });
});

test('refuses an invalid or expired token with the message of Clair', () => {
  const others = ['', 'xyz', sealFernet('1e3\n', key, now), sealFernet('1', key, now)];
  for (const token of others) assert.throws(() => tokens.readRow(token), refused);
  for (const token of ['', 'bad', 'gAAAAA']) assert.throws(() => tokens.readNotificationPage(token), refused);
  const later = pageTokens(key, () => new Date(now.getTime() + 3_601_000));
  assert.throws(() => later.readRow(tokens.writeRow(1)), refused);
});

test('uses the configured key, or a random one of this process', () => {
  assert.deepEqual(paginationKey(Buffer.alloc(32, 7).toString('base64')).signing, Buffer.alloc(16, 7));
  assert.notDeepEqual(paginationKey(''), paginationKey(''));
  assert.throws(() => paginationKey('secret'), {
    code: 'config-invalid',
    message: /^api.paginationkey must be/,
  });
});
