import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod/mini';
import { corpus, corpusTest } from '../../testing/corpus.ts';
import { DeclaredFileError, type DeclaredFormat, type DeclaredItem } from './declared-format.ts';
import { declaredFormats } from './formats.ts';

const rowsSchema = z.array(z.array(z.nullish(z.string())));

const fileSchema = z.object({
  file: z.string(),
  type: z.string(),
  /** By an independent parser. */
  parsed: z.optional(rowsSchema),
  /** By the test of the project that the file comes from. */
  expected_by_repo_test: z.optional(rowsSchema),
  parse_error: z.optional(z.string()),
});

type CorpusFile = z.output<typeof fileSchema>;

/** Formats by the directories of the corpus. */
const formatOfType: Readonly<Record<string, string>> = {
  'npm-lock': 'npm-lock',
  yarn: 'yarn-lock',
  pnpm: 'pnpm-lock',
  bun: 'bun-lock',
  poetry: 'python-lock',
  pdm: 'python-lock',
  uv: 'python-lock',
  pylock: 'python-lock',
  pipenv: 'pipfile-lock',
  'pip-requirements': 'pip-requirements',
  'go-mod': 'go-mod',
  cargo: 'cargo-lock',
  'gemfile-lock': 'gemfile-lock',
  composer: 'composer-lock',
  gradle: 'gradle-lock',
  sbt: 'sbt-lock',
  pom: 'maven-pom',
  nuget: 'nuget-lock',
  mix: 'mix-lock',
  pub: 'pubspec-lock',
  swift: 'swift-resolved',
  cocoapods: 'podfile-lock',
  conan: 'conan-lock',
  julia: 'julia-manifest',
  haskell: 'cabal-freeze',
};

/** Files of another format than that of their directory. */
const formatOfFile: readonly (readonly [name: RegExp, format: string | undefined])[] = [
  [/Gemfile_bundler2\.lock$/, 'gemfile-lock'],
  [/cargo_mixed\.lock$/, 'cargo-lock'],
  [/mixed-packages\.lock$/, 'pubspec-lock'],
  [/stack\.yaml\.lock$/, 'stack-lock'],
  [/packages\.config$/, 'packages-config'],
  [/Directory\.Packages\.props$/, 'packages-props'],
  [/rebar\.lock$/, 'rebar-lock'],
  // Read with a go.mod, not declared, or installed.
  [/\.sum$|\.csproj$|\/installed\.json$/, undefined],
];

interface Difference {
  readonly file: string;
  readonly side: 'missing' | 'extra';
  /** `name version`. */
  readonly row: string;
}

interface Rule {
  readonly reason: string;
  readonly side?: Difference['side'];
  readonly file: RegExp;
  readonly row: RegExp;
}

/** The only differences that are allowed, each with its reason. */
const rules: Readonly<Record<string, Rule>> = {
  'own-code': {
    reason: 'the project itself, its workspaces and the directories it links to are not dependencies',
    side: 'missing',
    file: /\/(?:uv|Cargo|yarn|pubspec)\.lock$|\/(?:uvlock|yarnlock|cargolock|pubspec|cargo)\/testdata\/|files\.v[12]|uv_|yarn_v2|pnpm-lock_archives/,
    row: /-use\.local$|^(?:uv-test|foo|bar|normal|happy|uv-lockfiles|testpkg|test-project|hello_world|rust_clean|local-rust-pkg|real-vuln-rust-project|package1|maa_core) |^etag 1\.8\.0$|^c0n-fab_u\.laTION /,
  },
  'path-gem': {
    reason: 'a gem below PATH is a directory of the project, and no section of that name exists',
    side: 'missing',
    file: /ruby\/Gemfile\.lock$/,
    row: /^(?:google-cloud-errors|bad-entry) /,
  },
  unversioned: {
    reason: 'a dependency without a version is reported as not assessed, not as a package',
    side: 'missing',
    file: /./,
    row: / $| unknown$| (?:git[+:]|github:|gitlab:|file:|bitbucket:)|^(?:flutter|flutter_web_plugins) 0\.0\.0$/,
  },
  'no-range': {
    reason: 'a range does not state which version is installed, and its lower bound is a guess',
    side: 'missing',
    file: /requirements_compatible\.txt$/,
    row: /./,
  },
  'git-crate': {
    reason: 'advisories of crates are for those of the registry',
    side: 'missing',
    file: /package-with-comments\.lock$/,
    row: /^syn 1\.0\.73$/,
  },
  alias: {
    reason: 'an alias is the package that it stands for',
    file: /alias/,
    row: /npm:|^(?:ansi-regex|ansi-regex-cjs|babel-hvi|@babel\/helper-validator-identifier|@babel\/code-frame|string-width|case|@bundled-es-modules\/chai) /,
  },
  'all-groups': {
    reason: 'packages of development, optional and indirect groups are declared as well',
    side: 'extra',
    file: /_dev\.yaml$|pnpm-lock_many\.yaml$|grouped-packages\.lock$|go116\/go\.mod$|yarn_v2_happy\.lock$|yarn_with_local\.lock$/,
    row: /./,
  },
  'remote-archive': {
    reason: 'pnpm states the version of an archive that is not in a registry',
    side: 'extra',
    file: /pnpm-lock_v9\.yaml$/,
    row: /^(?:asynckit|debug|is-negative|lodash) /,
  },
  'repository-name': {
    reason: 'a Swift package is named after its repository, as advisories name it',
    file: /esolved$|packageresolved/,
    row: /./,
  },
  'whole-file': {
    reason: 'the table of the test covers a part of the file, or another file',
    file: /bun_invalid\.lock$|yarn_with_git\.lock$|cargo_mixed\.lock$|mixed-packages\.lock$|no-version\.v1\.lock$/,
    row: /./,
  },
  'pod-parts': {
    reason: 'a part of a pod is not a package of its own',
    file: /Podfile\.lock$/,
    row: /\/|^PINRemoteImage /,
  },
  'language-version': {
    reason: 'a go directive without a patch number is no version of the toolchain',
    side: 'missing',
    file: /gomod\/testdata\/.*\.mod$/,
    row: /^stdlib 1\.\d+$/,
  },
  'go-sum-elsewhere': {
    reason: 'the go.sum of this test has another name',
    side: 'missing',
    file: /indirect-1\.16\.mod$/,
    row: /^github\.com\/(?:davecgh|pmezard)\//,
  },
};

corpusTest('lists what the tables of the corpus state, except by a rule', () => {
  const used = new Set<string>();
  const unexplained: Difference[] = [];
  let tables = 0;
  for (const file of corpusFiles()) {
    const listed = rowsOf(itemsOf(file));
    for (const table of [file.parsed, file.expected_by_repo_test]) {
      if (table === undefined) continue;
      tables++;
      for (const difference of differencesOf(file.file, listed, table)) {
        const rule = ruleFor(difference);
        if (rule === undefined) unexplained.push(difference);
        else used.add(rule);
      }
    }
  }
  assert.deepEqual(unexplained, []);
  assert.deepEqual([...used].sort(), Object.keys(rules).sort());
  assert.ok(tables > 380, `${tables} tables`);
});

corpusTest('reports a problem of every file that an independent parser cannot read', () => {
  const damaged = corpusFiles().filter(
    ({ parse_error: error, file }) => error !== undefined && !/multi/.test(file),
  );
  for (const file of damaged) assert.ok(faultOf(file) !== undefined, file.file);
  assert.ok(damaged.length > 10);
});

function corpusFiles(): CorpusFile[] {
  const files = z
    .array(fileSchema)
    .parse(JSON.parse(readFileSync(corpus('pkgdb/lang/expected.json'), 'utf8')));
  return files.filter((file) => formatOf(file) !== undefined);
}

function formatOf({ file, type }: CorpusFile): DeclaredFormat | undefined {
  const special = formatOfFile.find(([name]) => name.test(file));
  const name = special === undefined ? formatOfType[type] : special[1];
  return declaredFormats.find((format) => format.name === name);
}

/** Reads a file. A file that cannot be read has no items. */
function itemsOf(file: CorpusFile): DeclaredItem[] {
  const path = corpus(`pkgdb/lang/${file.file}`);
  const sibling = (name: string): Uint8Array | undefined => {
    const beside = join(dirname(path), name);
    return existsSync(beside) ? readFileSync(beside) : undefined;
  };
  try {
    return [...(formatOf(file)?.read(readFileSync(path), sibling) ?? [])];
  } catch (error) {
    assert.ok(error instanceof DeclaredFileError, String(error));
    return [{ kind: 'problem', problem: error.message }];
  }
}

function faultOf(file: CorpusFile): string | undefined {
  return itemsOf(file).find((item) => item.kind === 'problem')?.problem;
}

function rowsOf(items: readonly DeclaredItem[]): string[] {
  return items.flatMap((item) => (item.kind === 'package' ? [rowOf(item.name, item.version)] : []));
}

/** Tables write versions of Go with and without their prefix. */
function rowOf(name: string, version: string): string {
  return `${name} ${version.replace(/^v(?=\d)/, '')}`;
}

function differencesOf(
  file: string,
  listed: readonly string[],
  table: z.output<typeof rowsSchema>,
): Difference[] {
  const expected = table.map(([name, version]) => rowOf(name ?? '', version ?? ''));
  const missing = new Set(expected.filter((row) => !listed.includes(row)));
  const extra = new Set(listed.filter((row) => !expected.includes(row)));
  return [
    ...Array.from(missing, (row) => ({ file, side: 'missing' as const, row })),
    ...Array.from(extra, (row) => ({ file, side: 'extra' as const, row })),
  ];
}

function ruleFor(difference: Difference): string | undefined {
  return Object.entries(rules).find(
    ([, { side, file, row }]) =>
      (side ?? difference.side) === difference.side && file.test(difference.file) && row.test(difference.row),
  )?.[0];
}
