import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInNetworks, isPublicAddress, parseNetworks } from './public-address.ts';

test('separates addresses of the public Internet from all others', () => {
  for (const address of [
    '8.8.8.8',
    '1.1.1.1',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2a00:1450::1',
  ])
    assert.ok(isPublicAddress(address), address);
  // RFC 6890 and its successors, and the IPv6 notations of IPv4 addresses.
  for (const address of [
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.19.0.1',
    '203.0.113.9',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    'fe80::1',
    'fc00::1',
    'fd12:3456::1',
    'ff02::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    'not an address',
    '',
  ])
    assert.ok(!isPublicAddress(address), address);
});

test('parses networks in prefix notation and single addresses', () => {
  const list = parseNetworks(['10.1.0.0/16', 'fd00::/8', '192.168.7.7']);
  for (const address of ['10.1.255.255', 'fd99::1', '192.168.7.7', '::ffff:10.1.2.3'])
    assert.ok(isInNetworks(list, address), address);
  for (const address of ['10.2.0.1', 'fe80::1', '192.168.7.8', 'localhost'])
    assert.ok(!isInNetworks(list, address), address);
  for (const wrong of ['10.0.0.0/33', 'fd00::/129', 'localhost', '10.0.0/8', '10.0.0.0/8/8', ''])
    assert.throws(() => parseNetworks([wrong]), { name: 'RangeError', message: `${wrong} is not a network` });
});
