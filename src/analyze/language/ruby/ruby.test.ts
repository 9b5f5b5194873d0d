import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import type { ListedPackage } from '../../../model/package.ts';
import { checkLister } from '../../../plugin/contract/index.ts';
import { corpus, corpusTest } from '../../../testing/corpus.ts';
import { rubyLister } from './ruby.ts';

const specifications = 'usr/local/bundle/specifications';

function read(files: Readonly<Record<string, string | Uint8Array>>): {
  packages: ListedPackage[];
  problems: string[];
} {
  const content = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  const listed = [...rubyLister.list(content)];
  return {
    packages: listed.flatMap((item) => (item.kind === 'package' ? [item.package] : [])),
    problems: listed.flatMap((item) => (item.kind === 'problem' ? [`${item.path}: ${item.problem}`] : [])),
  };
}

function readOne(text: string | Uint8Array): { names: string[]; problems: string[] } {
  const { packages, problems } = read({ [`${specifications}/x.gemspec`]: text });
  return { names: packages.map(({ name, version }) => `${name} ${version}`), problems };
}

interface Expected {
  readonly file: string;
  readonly expected_by_repo_test?: readonly (readonly [name: string, version: string])[];
}

/** Files of source trees, whose version is an expression: RubyGems never writes one. */
const isSource = /\/version_[^/]*\.gemspec$/;
/** Files that RubyGems reads another way than the test of the other tool. */
const byRubyGems: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  // The stub line counts, although the name in the block is empty.
  'empty_name.gemspec': [['test-unit', '3.3.7']],
  'testdata/multiple_licenses.gemspec': [['test-unit', '3.3.7']],
  // The stub line is not the second one.
  'unbundler.gemspec': [['unbundler', '3.1.4']],
};

corpusTest('gem: lists the expected gem of every specification of the corpus', () => {
  const files = JSON.parse(readFileSync(corpus('pkgdb/lang/expected.json'), 'utf8')) as Expected[];
  const tested = files.filter(({ file }) => file.startsWith('gemspec/') && !isSource.test(file));
  for (const { file, expected_by_repo_test = [] } of tested) {
    const rows =
      Object.entries(byRubyGems).find(([name]) => file.endsWith(name))?.[1] ?? expected_by_repo_test;
    const { names } = readOne(readFileSync(corpus(`pkgdb/lang/${file}`)));
    assert.deepEqual(
      names,
      rows.map((row) => row.join(' ')),
      file,
    );
  }
  assert.ok(tested.length > 8);
});

const nokogiri = `# -*- encoding: utf-8 -*-
# stub: nokogiri 1.13.10 x86_64-linux lib
# stub: ext/nokogiri/extconf.rb

Gem::Specification.new do |s|
  s.name = "nokogiri".freeze
  s.version = "1.13.10"
  s.platform = "x86_64-linux".freeze
  s.metadata = { "name" => "x" } if s.respond_to? :metadata=
  s.authors = ["Andr\\u00E9 \\"A\\" Arko".freeze, "Mike Dalessio".freeze]
  s.licenses = ["MIT".freeze, "Ruby".freeze]
  if s.respond_to? :add_runtime_dependency then
    s.add_runtime_dependency(%q<mini_portile2>.freeze, ["~> 2.8.0"])
    s.add_runtime_dependency(%q<racc>.freeze, ["~> 1.4"])
    s.add_development_dependency(%q<minitest>.freeze, ["~> 5.15"])
  else
    s.add_dependency(%q<mini_portile2>.freeze, ["~> 2.8.0"])
  end
end
`;

test('gem: reads name, version, licences, supplier and requirements without the platform', () => {
  assert.deepEqual(read({ [`${specifications}/nokogiri-1.13.10-x86_64-linux.gemspec`]: nokogiri }).packages, [
    {
      type: 'gem',
      name: 'nokogiri',
      version: '1.13.10',
      licenses: ['MIT', 'Ruby'],
      supplier: 'André "A" Arko',
      requires: ['mini_portile2', 'racc'],
      evidence: 'installed',
    },
  ]);
});

test('gem: reads licences and the supplier from each kind of literal', () => {
  for (const [opening, closing] of [
    ["'", "'"],
    ['%q<', '>'],
    ['%q{', '}'],
    ['%q(', ')'],
    ['%q[', ']'],
  ]) {
    const text = (value: string): string => `${opening}${value}${closing}`;
    const body = `s.name = "a"\ns.version = "1"\ns.authors = [${text('A B')}]\ns.licenses = [${text('MIT')}, ${text('Ruby')}]`;
    const [gem] = read({
      [`${specifications}/a.gemspec`]: `Gem::Specification.new do |s|\n${body}\nend\n`,
    }).packages;
    assert.deepEqual([gem?.supplier, gem?.licenses], ['A B', ['MIT', 'Ruby']], opening);
  }
});

test('gem: passes the contract check', () => {
  const files = { [`${specifications}/a.gemspec`]: nokogiri, [`${specifications}/default/b.gemspec`]: '' };
  checkLister(rubyLister, [{ files, packages: ['nokogiri 1.13.10'], problems: 1 }]);
});

test('gem: lists default gems beside newer ones, and no specification of a source tree', () => {
  const { packages, problems } = read({
    'usr/lib/ruby/gems/3.1.0/specifications/default/json-2.6.1.gemspec': nokogiri.replace(
      '1.13.10 x',
      '2.6.1 x',
    ),
    'usr/lib/ruby/gems/3.1.0/specifications/json-2.6.3.gemspec': nokogiri.replace('1.13.10 x', '2.6.3 x'),
    'usr/lib/ruby/gems/3.1.0/gems/rack-2.2/rack.gemspec': nokogiri,
    'usr/lib/ruby/gems/3.1.0/bundler/gems/rack-abc/rack.gemspec': nokogiri,
    'app/Gemfile.lock': 'GEM\n  specs:\n    rails (5.0.0)\n',
  });
  assert.deepEqual(
    packages.map(({ version }) => version),
    ['2.6.1', '2.6.3'],
  );
  assert.deepEqual(problems, []);
});

suite('gem: reads specifications without a stub line', () => {
  const block = (body: string, variable = 's'): string =>
    `Gem::Specification.new do |${variable}|\n${body}\nend\n`;
  for (const [name, text] of Object.entries({
    'literals of Ruby 1.8': block('  s.name = %q{rake}\n  s.version = "0.8.7"'),
    'a version object': block('  s.name = "rake"\n  s.version = Gem::Version.new("0.8.7")'),
    'another variable': block("  spec.name = 'rake' # comment\n  spec.version = '0.8.7'", 'spec'),
    'carriage returns': block('  s.name = "rake".freeze\r\n  s.version = "0.8.7".freeze\r'),
    'a byte order mark': `\uFEFF# comment\n${block('  s.name = "rake"\n  s.version = "0.8.7"')}`,
  }))
    test(name, () => {
      assert.deepEqual(readOne(text), { names: ['rake 0.8.7'], problems: [] });
    });
});

test('gem: reports a specification without a literal name or version, and lists the others', () => {
  const start = 'Gem::Specification.new do |s|\n';
  const { packages, problems } = read({
    [`${specifications}/a.gemspec`]: `${start}s.name = NAME\ns.version = "1"\nend\n`,
    [`${specifications}/b.gemspec`]: `${start}s.name = "b"\ns.version = B::VERSION\nend\n`,
    [`${specifications}/c.gemspec`]: '',
    [`${specifications}/d.gemspec`]: Buffer.from(`\uFEFF${nokogiri}`, 'utf16le'),
    [`${specifications}/e.gemspec`]: nokogiri,
  });
  assert.equal(packages.length, 1);
  assert.deepEqual(problems, [
    `${specifications}/a.gemspec: states no name as a text`,
    `${specifications}/b.gemspec: states no version of b as a text`,
    `${specifications}/c.gemspec: states no name as a text`,
    `${specifications}/d.gemspec: is UTF-16 text, not UTF-8`,
  ]);
});
