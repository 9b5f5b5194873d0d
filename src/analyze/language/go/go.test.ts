import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ListedPackage } from '../../../model/package.ts';
import { readGoProgram } from './go.ts';

interface Listing {
  readonly packages: string[];
  readonly problems: string[];
}

function read(...lines: readonly string[]): Listing {
  const listed = [...readGoProgram(Buffer.from(lines.join('\n')))];
  return {
    packages: listed.flatMap((item) => ('problem' in item ? [] : [`${item.name} ${item.version}`])),
    problems: listed.flatMap((item) => ('problem' in item ? [item.problem] : [])),
  };
}

function mainOf(version: string, settings: readonly string[]): string | undefined {
  return mainPackage(version, settings)?.version;
}

function remarksOf(version: string, settings: readonly string[]): readonly string[] | undefined {
  return mainPackage(version, settings)?.remarks;
}

function mainPackage(version: string, settings: readonly string[]): ListedPackage | undefined {
  const content = [
    'go1.22.1',
    `mod\texample.com/app\t${version}\t`,
    ...settings.map((one) => `build\t${one}`),
  ];
  return [...readGoProgram(Buffer.from(content.join('\n')))].flatMap((item) =>
    'problem' in item || item.name !== 'example.com/app' ? [] : [item],
  )[0];
}

suite('go: reads the release of Go of the standard library', () => {
  for (const [text, version] of Object.entries({
    'go1.21.13': '1.21.13',
    'go1.22': '1.22',
    'go1.26.8-X:jsonv2': '1.26.8',
    'go1.21.5 X:strictfipsruntime': '1.21.5',
    'go1.26.5 (Red Hat 1.26.5-1.el10)': '1.26.5',
    'go1.22rc1': '1.22.0-rc.1',
    'go1.16.5b7': '1.16.5',
    'go1.21.3-microsoft': '1.21.3',
  }))
    test(text, () => {
      assert.deepEqual(read(text), { packages: [`stdlib ${version}`], problems: [] });
    });
});

test('go: reports a toolchain without a release', () => {
  for (const text of ['devel go1.23-abc123 Mon Jan 1', '', 'go', 'unknown'])
    assert.deepEqual(read(text), {
      packages: [],
      problems: [`states no release of Go, but "${text}"; its standard library is not assessed`],
    });
});

test('go: lists the main module and its modules, replaced ones by their replacement', () => {
  const lines = [
    'path\texample.com/corp/gateway/cmd/gateway',
    'mod\texample.com/corp/gateway\tv1.0.0\th1:a=',
    'dep\texample.com/corp/util\tv0.0.0',
    '=>\t./util\t(devel)\t',
    'dep\texample.com/corp/other\tv1.2.0\t',
    '=>\t/src/other\t\t',
    'dep\tgithub.com/acme/left\tv1.0.0',
    '=>\tgithub.com/mitchellh/go-homedir\tv1.0.0\th1:b=',
    'dep\tgithub.com/golang-jwt/jwt\tv3.2.1+incompatible\th1:c=',
    'dep\tgithub.com/dirty/it\tv3.2.1+incompatible+dirty\t',
    'dep\t\tv1.0.0\t',
  ];
  assert.deepEqual(read('go1.21.13', ...lines, '').packages, [
    'stdlib 1.21.13',
    'example.com/corp/gateway v1.0.0',
    'example.com/corp/util (devel)',
    'example.com/corp/other (devel)',
    'github.com/mitchellh/go-homedir v1.0.0',
    'github.com/golang-jwt/jwt v3.2.1+incompatible',
    'github.com/dirty/it v3.2.1+incompatible.dirty',
  ]);
});

test('go: keeps the module that another one or a directory replaces', () => {
  const lines = [
    'dep\texample.com/corp/util\tv0.0.0',
    '=>\t./util\t(devel)\t',
    'dep\tgithub.com/acme/left\tv1.0.0',
    '=>\tgithub.com/corp/left\tv1.2.0\th1:b=',
    'dep\tgithub.com/acme/same\tv1.0.0',
    '=>\tgithub.com/acme/same\tv1.1.0\th1:b=',
    'dep\tgithub.com/acme/bad\t',
    '=>\tgithub.com/corp/bad\tv1.0.0\th1:b=',
    'dep\tgithub.com/acme/plain\tv1.0.0\t',
  ];
  const listed = [...readGoProgram(Buffer.from(['go1.21.13', ...lines].join('\n')))];
  assert.deepEqual(
    listed.flatMap((item) =>
      'problem' in item || item.name === 'stdlib' ? [] : [[item.name, item.replaces, item.remarks]],
    ),
    [
      [
        'example.com/corp/util',
        { name: 'example.com/corp/util', version: 'v0.0.0' },
        ['a directory replaces example.com/corp/util v0.0.0 in the program (replace in go.mod)'],
      ],
      [
        'github.com/corp/left',
        { name: 'github.com/acme/left', version: 'v1.0.0' },
        ['it replaces github.com/acme/left v1.0.0 in the program (replace in go.mod)'],
      ],
      [
        'github.com/acme/same',
        { name: 'github.com/acme/same', version: 'v1.0.0' },
        ['it replaces github.com/acme/same v1.0.0 in the program (replace in go.mod)'],
      ],
      [
        'github.com/corp/bad',
        undefined,
        ['it replaces github.com/acme/bad  in the program (replace in go.mod)'],
      ],
      ['github.com/acme/plain', undefined, undefined],
    ],
  );
});

test('go: lists only the standard library of a program without modules', () => {
  assert.deepEqual(read('go1.19.8', 'path\tcmd/gofmt').packages, ['stdlib 1.19.8']);
});

test('go: ignores a replacement without a module, and unknown lines', () => {
  const { packages } = read('go1.19.8', '=>\tx\tv1', 'future\ta\tb', 'build\tx');
  assert.deepEqual(packages, ['stdlib 1.19.8']);
});

test('go: reports modules with an impossible path or without a version', () => {
  assert.deepEqual(
    read('go1.21.1', 'dep\ta b\tv1.0.0', 'dep\texample.com/x\t', 'dep\texample.com/y\tv1.0.0'),
    {
      packages: ['stdlib 1.21.1', 'example.com/y v1.0.0'],
      problems: ['names the impossible module "a b"', 'names no version of example.com/x'],
    },
  );
});

const flags = (text: string): string => `-ldflags=${JSON.stringify(text)}`;
const pseudo = 'v0.0.0-20230422204055-ee646b4ed8d3';
const commit = ['vcs.revision=ee646b4ed8d3aabbccddeeff0011223344556677', 'vcs.time=2023-04-22T20:40:55Z'];

suite('go: takes the version of the main module', () => {
  const cases: Readonly<
    Record<string, readonly [version: string, settings: readonly string[], expected: string]>
  > = {
    'from its tag': ['v1.2.3', [flags('-X main.version=v9.9.9')], 'v1.2.3'],
    'from a tag with changes': ['v1.2.3+dirty', [], 'v1.2.3+dirty'],
    'from the linker instead of a directory': ['(devel)', [flags('-s -w -X main.version=v2.7.1')], 'v2.7.1'],
    'from the linker instead of a commit': [pseudo, [flags('-X=main.version=2.7.1')], '2.7.1'],
    'from the linker in quotes': [
      '(devel)',
      [flags('-X \'main.Version=v2.7.1\' -X "main.Name=a b"')],
      'v2.7.1',
    ],
    'from the linker without quotes': ['(devel)', ['-ldflags=-Xmain -X main.version=v2.7.1'], 'v2.7.1'],
    'from the command of the module first': [
      '(devel)',
      [flags('-X main.version=v1.0.0 -X example.com/app/cmd/app.version=v2.0.0')],
      'v2.0.0',
    ],
    'from a usual package before others': [
      '(devel)',
      [flags('-X example.com/lib.version=v3.0.0 -X example.com/app/internal/version.Version=v2.0.0')],
      'v2.0.0',
    ],
    'from a tag before the commit instead of the linker': [
      'v1.2.4-0.20230422204055-ee646b4ed8d3',
      [flags('-X main.version=v9.9.9')],
      'v1.2.4-0.20230422204055-ee646b4ed8d3',
    ],
    'from the commit if the linker has two versions': [
      '(devel)',
      [flags('-X main.version=v1.0.0 -X main.buildVersion=v2.0.0'), ...commit],
      pseudo,
    ],
    'from the commit if the linker has no release': [
      '(devel)',
      [flags('-X main.version=main'), ...commit],
      pseudo,
    ],
    'from the commit that Go wrote': [pseudo, commit, pseudo],
    'from nothing': ['(devel)', [flags('-X main.version')], '(devel)'],
  };
  for (const [name, [version, settings, expected]] of Object.entries(cases))
    test(name, () => {
      assert.equal(mainOf(version, settings), expected);
    });
});

suite('go: says by which rule the version of the main module was chosen', () => {
  const rules: Readonly<Record<string, readonly [version: string, settings: readonly string[]]>> = {
    'that of its tag, as Go wrote it': ['v1.2.3', []],
    'that of main.version, which the linker was given (-ldflags -X)': [
      '(devel)',
      [flags('-X main.version=v2.7.1')],
    ],
    'that of its commit, as Go wrote it': [pseudo, commit],
    'that of its commit (vcs.revision, vcs.time)': ['(devel)', commit],
  };
  for (const [rule, [version, settings]] of Object.entries(rules))
    test(rule, () => {
      assert.deepEqual(remarksOf(version, settings), [`the version of the main module is ${rule}`]);
    });
  test('none', () => {
    assert.deepEqual(remarksOf('(devel)', []), ['the program states no version of its main module']);
  });
});

test('go: takes the only module of a directory as the main module of a program built from files', () => {
  const lines = [
    'path\tcommand-line-arguments',
    'dep\texample.com/app\t(devel)',
    'dep\texample.com/y\tv1.0.0',
  ];
  const setting = 'build\t-ldflags="-X main.version=v2.7.1"';
  assert.deepEqual(read('go1.22.1', ...lines, setting).packages, [
    'stdlib 1.22.1',
    'example.com/app v2.7.1',
    'example.com/y v1.0.0',
  ]);
  assert.deepEqual(read('go1.22.1', ...lines, 'dep\texample.com/z\t(devel)', setting).packages, [
    'stdlib 1.22.1',
    'example.com/app (devel)',
    'example.com/y v1.0.0',
    'example.com/z (devel)',
  ]);
});

test('go: reports a release that is too long for a version', () => {
  const { packages, problems } = read(`go1.${'2'.repeat(600)}`);
  assert.deepEqual([packages, problems.length], [[], 1]);
});
