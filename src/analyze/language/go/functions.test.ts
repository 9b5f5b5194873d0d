import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionsIn } from '../../../model/function-set.ts';
import { parseBuildInfo } from './build-info.ts';
import { functionsOfModules } from './functions.ts';

const info = parseBuildInfo(
  Buffer.from(
    [
      'go1.22.1',
      'path\texample.com/app/cmd/app',
      'mod\texample.com/app\tv1.0.0\t',
      'dep\tgopkg.in/yaml.v3\tv3.0.1\t',
      'dep\texample.com/app/tools\tv0.1.0\t',
      'dep\tgithub.com/acme/left\tv1.0.0',
      '=>\tgithub.com/fork/left\tv1.2.0\t',
    ].join('\n'),
  ),
);

/** Returns the modules whose functions include these names, from a table with these symbols. */
function modulesWith(name: string, ...symbols: readonly string[]): string[] {
  const content = Buffer.from(['runtime.main', ...symbols].map((symbol) => `${symbol}\0`).join(''));
  return [...(functionsOfModules(content, info) ?? [])].flatMap(([module, functions]) =>
    functionsIn(functions)(name) ? [module] : [],
  );
}

test('go: names the functions of modules and the standard library as advisories do', () => {
  const cases: Readonly<Record<string, readonly [symbol: string, module: string]>> = {
    'net/http Server.Serve': ['net/http.(*Server).Serve', 'stdlib'],
    'net/http Header.Get': ['net/http.Header.Get', 'stdlib'],
    'net/http serve': ['net/http.serve.func1.2', 'stdlib'],
    'net/http conn.close': ['net/http.(*conn).close-fm', 'stdlib'],
    'slices Sort': ['slices.Sort[go.shape.[]uint8,example.com/x.(*T)]', 'stdlib'],
    'sync/atomic Pointer.Load': ['sync/atomic.(*Pointer[go.shape.struct{}]).Load', 'stdlib'],
    'vendor/golang.org/x/net/http2/hpack Decoder.Write': [
      'vendor/golang.org/x/net/http2/hpack.(*Decoder).Write',
      'stdlib',
    ],
    'example.com/app/cmd/app run': ['main.run', 'example.com/app'],
    'example.com/app/tools/x F': ['example.com/app/tools/x.F', 'example.com/app/tools'],
    'gopkg.in/yaml.v3 parser.parse': ['gopkg.in/yaml%2ev3.(*parser).parse', 'gopkg.in/yaml.v3'],
    'gopkg.in/yaml.v3': ['gopkg.in/yaml%2ev3.init', 'gopkg.in/yaml.v3'],
    'github.com/fork/left F': ['github.com/acme/left.F', 'github.com/fork/left'],
    'cmd/go/internal/work F': ['cmd/go/internal/work.F', 'toolchain'],
  };
  for (const [name, [symbol, module]] of Object.entries(cases))
    assert.deepEqual(modulesWith(name, symbol), [module], name);
});

test('go: ignores generated functions, functions of unknown modules, and a last name that is cut', () => {
  const symbols = ['type:.eq.[2]string', 'go:buildid', 'nodot', 'other.org/x.F', '.F'];
  const content = Buffer.from(`runtime.main\0${symbols.join('\0')}\0net/http.cut`);
  assert.deepEqual([...(functionsOfModules(content, info)?.keys() ?? [])], ['stdlib']);
  assert.deepEqual(modulesWith('net/http cut', ...symbols), []);
});

test('go: takes no directory with a dot for a function of the package before', () => {
  const symbols = ['example.com/app/tools.A', 'example.com/app/tools.v2/x.B'];
  assert.deepEqual(modulesWith('example.com/app/tools A', ...symbols), ['example.com/app/tools']);
  assert.deepEqual(modulesWith('example.com/app/tools v2/x.B', ...symbols), []);
  assert.deepEqual(modulesWith('example.com/app/tools.v2/x B', ...symbols), ['example.com/app']);
});

test('go: finds a function after a name without a package', () => {
  const symbols = ['type:.eq.[2]string', '_rt0_amd64_linux', 'net/http.serve'];
  assert.deepEqual(modulesWith('net/http serve', ...symbols), ['stdlib']);
});

test('go: takes no package for the one before whose function has a similar name', () => {
  const symbols = ['log.Fishnet.Write', 'net.Dial'];
  assert.deepEqual(modulesWith('net Dial', ...symbols), ['stdlib']);
  assert.deepEqual(modulesWith('log Dial', ...symbols), []);
});

test('go: knows no functions when a tool has changed their names', () => {
  assert.equal(functionsOfModules(Buffer.from('a1b2.c3\0net/http.serve\0'), info), undefined);
});
