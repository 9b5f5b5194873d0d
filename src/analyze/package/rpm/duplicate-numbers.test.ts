import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { rpmHeaders } from '../../../testing/layer-stack.ts';
import { writeBdb, writeNdb } from '../../../testing/rpm-writer.ts';
import { rpmLister } from './rpm.ts';

function listed(path: string, content: Uint8Array): string[] {
  return [...rpmLister.list(new Map([[path, content]]))].flatMap((item) =>
    item.kind === 'package' ? [item.package.name] : item.kind === 'problem' ? [item.problem] : [],
  );
}

const both = rpmHeaders('base', 'openssl');

/** Returns the offsets of the package number in the second used slot of a `Packages.db` and in its blob. */
function numberPlaces(file: Buffer): readonly [slot: number, blob: number] {
  const slot = 32 + 16 * 3;
  return [slot + 4, file.readUInt32LE(slot + 8) * 16 + 4];
}

suite('rpm: lists every package when two have one number', () => {
  test('in two slots of an NDB file', () => {
    const file = writeNdb(both);
    for (const place of numberPlaces(file)) file.writeUInt32LE(1, place);
    assert.deepEqual(listed('var/lib/rpm/Packages.db', file), ['base', 'openssl']);
  });

  test('under two equal keys of a hash of Berkeley DB', () => {
    for (const order of ['little', 'big'] as const) {
      const file = writeBdb(both, { order });
      const two = Buffer.from(order === 'little' ? [1, 2, 0, 0, 0] : [1, 0, 0, 0, 2]);
      const at = file.lastIndexOf(two, 2 * 4096 - 1);
      assert.ok(at > 4096);
      file[at + (order === 'little' ? 1 : 4)] = 1;
      assert.deepEqual(listed('var/lib/rpm/Packages', file), ['base', 'openssl']);
    }
  });
});

test('rpm: reports a slot of an NDB file whose blob has another number', () => {
  const file = writeNdb(both);
  file.writeUInt32LE(1, numberPlaces(file)[0]);
  assert.deepEqual(listed('var/lib/rpm/Packages.db', file), ['base', 'package 1 is damaged']);
});

test('rpm: reports values of Berkeley DB that are duplicates of a key', () => {
  // H_DUPLICATE and H_OFFDUP: rpm writes neither.
  for (const kind of [2, 4]) {
    const file = writeBdb(both, { inlineBelow: 4096 });
    const value = file.indexOf(both[1] ?? Buffer.alloc(0)) - 1;
    file[value] = kind;
    assert.deepEqual(listed('var/lib/rpm/Packages', file), ['base', 'a value is of an unknown kind']);
  }
});
