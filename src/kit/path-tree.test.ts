import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PathTree } from './path-tree.ts';

const paths = fc
  .array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('/'));
const steps = fc.array(fc.tuple(fc.constantFrom('set', 'remove', 'below'), paths));

test('removes exactly what is at a path or below it after any steps', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const tree = new PathTree<number>();
      const plain = new Map<string, number>();
      for (const [i, [step, path]] of sequence.entries()) {
        const listed: string[] = [];
        const gone = [...plain.keys()].filter(
          (key) => step !== 'set' && (key.startsWith(`${path}/`) || (step === 'remove' && key === path)),
        );
        if (step === 'set') {
          tree.set(path, i);
          plain.delete(path);
          plain.set(path, i);
        } else if (step === 'remove') tree.remove(path, (key) => listed.push(key));
        else tree.removeBelow(path, (key) => listed.push(key));
        for (const key of gone) plain.delete(key);
        assert.deepEqual(listed.sort(), gone.sort());
        assert.deepEqual([...tree], [...plain]);
        assert.equal(tree.size, plain.size);
      }
    }),
  );
});

test('counts everything as below the root', () => {
  const tree = new PathTree<string>();
  for (const path of ['a', 'a/b', 'c/d/e']) tree.set(path, path);
  tree.removeBelow('');
  assert.deepEqual([...tree.keys()], []);
});

test('handles a directory as deep as a name allows', () => {
  const tree = new PathTree<string>();
  tree.set(`${'d/'.repeat(2000)}x`, 'x');
  tree.remove('d');
  assert.equal(tree.size, 0);
});
