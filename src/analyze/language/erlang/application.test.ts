import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../../core/limits.ts';
import type { ListerEvent } from '../../../plugin/package-lister.ts';
import { readApplication, readRunTime } from './application.ts';
import { hexLister, otpLister } from './erlang.ts';

const read = (text: string) => readApplication(Buffer.from(text));

test('reads an application of Elixir with quoted atoms, escapes and comments', () => {
  const text = `% coding: utf-8
    {application,plug,
      [{description,"A \\"composable\\" module"},
       {modules,['Elixir.Plug','Elixir.Plug.It''s']}, {env,[{a,$,},{b,<<"x">>},{c,-1.5e3},{d,16#ff},{e,$\\s}]},
       {vsn,"1.15.3"}]}.`.replace("'Elixir.Plug.It''s'", "'Elixir.Plug.It\\'s'");
  assert.deepEqual(read(text), { type: 'hex', name: 'plug', version: '1.15.3' });
});

test('reads atoms of all letters and digits, underscores and at signs', () => {
  for (const name of ['ezstd', 'a@zAZ_09'])
    assert.deepEqual(read(`{application, ${name}, [{vsn, "1.0"}]}.`), { type: 'hex', name, version: '1.0' });
});

test('distinguishes applications of the run time from packages of Hex', () => {
  assert.deepEqual(read('{application, ssl, [{vsn, "10.8.7"}]}.'), {
    type: 'otp',
    name: 'ssl',
    version: '10.8.7',
  });
  assert.deepEqual(read('{application, logger, [{vsn, "1.14.0"}]}.'), {
    type: 'otp',
    name: 'logger',
    version: '1.14.0',
  });
});

test('reads the run time of a release', () => {
  const release =
    '%% coding: utf-8\n{release,{"shop","0.5.2"},\n {erts,"13.1.5"},\n [{kernel,"8.5.3",permanent}]}.\n';
  assert.deepEqual(readRunTime(Buffer.from(release)), { type: 'otp', name: 'erts', version: '13.1.5' });
  assert.ok('problem' in readRunTime(Buffer.from('{application, ssl, [{vsn, "1"}]}.')));
});

test('reports a file without a usable version', () => {
  for (const text of [
    '{application, plug, [{vsn, git}]}.',
    '{application, plug, []}.',
    '{application, plug, [{vsn, "a b"}]}.',
  ])
    assert.deepEqual(read(text), { problem: 'states no usable version of plug' });
});

test('reports hostile text in linear time and without a crash', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /ends within a term/],
    ['{application, plug, [{vsn, "1', /quote without end at character 27/],
    ['[[[}', /unexpected "}"/],
    ['['.repeat(1000), /more than 64 nested terms/],
    [']', /unexpected/],
    ['<<', /binary without end/],
    ['\0\0', /ends within/],
    ['\u{1f600}', /no term of Erlang/],
    [`{a${',b'.repeat(100_000)}`, /ends within a term/],
    [`"${'\\'.repeat(200_000)}`, /quote without end/],
    ['{application, "plug", []}.', /not a resource file/],
    [' '.repeat(limits.erlangFileBytes + 1), /too many/],
  ];
  for (const [text, message] of cases) {
    const result = read(text);
    assert.match('problem' in result ? result.problem : '', message);
  }
});

test('reports a resource file when it describes another application than its name says', () => {
  const events = (name: string, application: string): ListerEvent[] => {
    const files = new Map([
      [`opt/lib/x/ebin/${name}.app`, Buffer.from(`{application, ${application}, [{vsn, "1.0"}]}.`)],
    ]);
    return [...hexLister.list(files), ...otpLister.list(files)];
  };
  assert.deepEqual(
    [events('plug', 'plug'), events('ssl', 'ssl'), events('plug', 'ssl'), events('ssl', 'plug')].map((all) =>
      all.map((event) => ('package' in event ? event.package.type : event.kind)),
    ),
    [['hex'], ['otp'], ['problem'], ['problem']],
  );
});
