import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inChunks } from '../../testing/streams.ts';
import { readOval } from './document.ts';

async function testsOf(tests: string, objects: string, states: string) {
  const text = `<oval_definitions><definitions><definition id="d"/></definitions><tests>${tests}</tests>
    <objects>${objects}</objects><states>${states}</states></oval_definitions>`;
  return (await readOval(inChunks(Buffer.from(text)))).tests;
}

function testOf(
  id: string,
  attributes = '',
  refs = '<object object_ref="o:1"/><state state_ref="s:1"/>',
): string {
  return `<rpminfo_test id="${id}" ${attributes}>${refs}</rpminfo_test>`;
}

const objects = '<rpminfo_object id="o:1"><name>bash</name></rpminfo_object>';
const states =
  '<rpminfo_state id="s:1"><evr operation="less than">0:1-2</evr><arch>noarch</arch></rpminfo_state>';
const state = {
  evr: { operation: 'less than', value: '0:1-2' },
  arch: { operation: 'equals', value: 'noarch' },
};

test('finds a test with the object and the state that it references', async () => {
  const tests = await testsOf(
    testOf('t:1', 'check="at least one"') +
      testOf('t:2', 'check_existence="none_exist"', '<object object_ref="o:1"/>'),
    objects,
    states,
  );
  assert.deepEqual(tests.find('t:1'), { package: 'bash', state, absent: false });
  assert.deepEqual(tests.find('t:2'), { package: 'bash', state: {}, absent: true });
  assert.equal(tests.find('t:3'), undefined);
});

test('returns undefined for a test that is unsupported or incomplete', async () => {
  const all = {
    't:1': 'check="none satisfy"',
    't:2': 'check_existence="any_exist"',
  };
  const tests = await testsOf(
    [
      ...Object.entries(all).map(([id, attributes]) => testOf(id, attributes)),
      testOf('t:3', '', '<object object_ref="o:1"/><state state_ref="s:1"/><state state_ref="s:2"/>'),
      testOf('t:4', '', '<object object_ref="o:9"/>'),
      testOf('t:5', '', '<object object_ref="o:1"/><state state_ref="s:9"/>'),
      testOf('t:6', '', '<object object_ref="o:2"/>'),
      testOf('t:7', '', ''),
      '<uname_test id="t:8"/>',
    ].join(''),
    `${objects}<rpminfo_object id="o:2"><name operation="pattern match">.*</name></rpminfo_object>`,
    states,
  );
  for (let n = 1; n < 9; n++) assert.equal(tests.find(`t:${n}`), undefined, `t:${n}`);
});

test('rejects two different definitions of one id', async () => {
  const twice = `${objects}${objects}<rpminfo_object id="o:2"><name>a</name></rpminfo_object>
    <rpminfo_object id="o:2"><name>b</name></rpminfo_object>`;
  const tests = await testsOf(
    testOf('t:1') + testOf('t:1') + testOf('t:2', '', '<object object_ref="o:2"/>'),
    twice,
    states + states,
  );
  assert.deepEqual(tests.find('t:1'), { package: 'bash', state, absent: false });
  assert.equal(tests.find('t:2'), undefined);
});
