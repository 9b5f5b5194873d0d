import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Match, Report } from '../../src/model/report.ts';
import { csafProblems } from '../../src/testing/csaf-validator.ts';
import { cyclonedxValidator, schemaValidator } from '../../src/testing/official-schema.ts';
import { openVexSchema } from '../../src/testing/openvex-schema.ts';
import { csafVexDocument, cyclonedxDocument, openVexDocument } from '../../src/testing/vex-documents.ts';
import { reportsInAllFormats } from './all-formats.ts';
import { clair, inCheckout, type Run, scratch } from './clair.ts';

const image = inCheckout('examples/image.tar');
const place = ['--db', join(scratch, 'policy.db'), '--mirror', inCheckout('examples/mirror')];

function file(name: string, content: string | object): string {
  const path = join(scratch, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function scan(...args: readonly string[]): Run {
  return clair(['scan', image, ...place, ...args]);
}

function reported(...args: readonly string[]): Report & { readonly stderr: string } {
  const run = scan(...args, '--format', 'json');
  assert.ok(run.status === 0 || run.status === 4, run.stderr);
  return { ...(JSON.parse(run.stdout) as Report), stderr: run.stderr };
}

const named = (matches: readonly Match[]): string[] =>
  matches.map(({ package: found, vulnerability }) => `${found.name} ${vulnerability.id}`).sort();

const plain = reported();

test('suppresses findings by rules, with the reason, and keeps the others', () => {
  const rules = file(
    'rules.yaml',
    `ignore:
  - id: CVE-2024-5535
    reason: no server here
  - package: pkg:apk/alpine/redis
    reason: on the loopback interface only
    expires: 9999-12-31
`,
  );
  const { matches, suppressed, verdict, stderr } = reported('--ignore', rules);
  assert.equal(stderr, '');
  assert.deepEqual(named(suppressed), [
    'libcrypto3 CVE-2024-5535',
    'libssl3 CVE-2024-5535',
    'redis CVE-2024-31227',
    'redis CVE-2024-31228',
    'redis CVE-2024-31449',
  ]);
  assert.deepEqual([...named(matches), ...named(suppressed)].sort(), named(plain.matches));
  assert.equal(verdict, 'vulnerable');
  const reasons = new Set(suppressed.map(({ reason }) => reason));
  assert.deepEqual(
    [...reasons],
    [
      `ignored by ${rules}:2: no server here`,
      `ignored by ${rules}:4 until 9999-12-31: on the loopback interface only`,
    ],
  );
  assert.deepEqual(Object.keys(suppressed[0] ?? {}), [
    'vulnerability',
    'package',
    'fix',
    'evidence',
    'reason',
  ]);
});

/** Clair's and Quay's formats have no place for findings that do not count. */
const withoutSuppressed: ReadonlySet<string> = new Set(['clair-v4', 'quay']);

test('shows suppressed findings with their reason in every format that can represent them', () => {
  const rules = file('one.yaml', 'ignore:\n  - {id: CVE-2024-9143, reason: not reachable from outside}\n');
  for (const [format, text] of reportsInAllFormats(image, ...place, '--ignore', rules))
    assert.equal(text.includes('not reachable from outside'), !withoutSuppressed.has(format), format);
});

test('reads the named ignore files of Trivy and Grype with the meaning that they have there', () => {
  const trivy = file(
    '.trivyignore',
    '# risks\nCVE-2024-9143\nCVE-2024-5535 exp:9999-12-31\nCVE-2024-6119 exp:2020-01-01\n',
  );
  const first = reported('--ignore', trivy);
  assert.deepEqual(
    new Set(first.suppressed.map(({ vulnerability }) => vulnerability.id)),
    new Set(['CVE-2024-5535', 'CVE-2024-9143']),
  );
  assert.match(first.stderr, /\.trivyignore:4 has expired and no longer applies: CVE-2024-6119/);
  const grype = file(
    '.grype.yaml',
    'only-fixed: true\nignore:\n  - package: {name: redis, type: apk}\n    fix-state: fixed\n    reason: internal\n',
  );
  const second = reported('--ignore', grype);
  assert.deepEqual(new Set(second.suppressed.map((one) => one.package.name)), new Set(['redis']));
  assert.equal(second.suppressed.length, 3);
  assert.match(second.stderr, /clair reads only its ignore rules and ignores only-fixed/);
});

test('computes the exit status from the remaining findings and the coverage', () => {
  const everything = file('all.yaml', 'ignore:\n  - {id: CVE-*, reason: all of them}\n');
  assert.equal(scan('--fail-on', 'unknown').status, 1);
  assert.equal(scan('--ignore', everything).status, 0);
  // The release is out of support, so it is never clean.
  assert.equal(scan('--ignore', everything, '--fail-on', 'unknown').status, 4);
  assert.equal(reported('--ignore', everything).verdict, 'not-assessed');
});

test('is clean when an image is fully assessed and all findings are suppressed', () => {
  const root = join(scratch, 'rootfs');
  mkdirSync(join(root, 'lib/apk/db'), { recursive: true });
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(root, 'lib/apk/db/installed'), 'P:curl\nV:8.0.0-r0\nA:x86_64\n\n');
  // A distribution without releases, whose support never ends.
  writeFileSync(join(root, 'etc/os-release'), 'ID=wolfi\nVERSION_ID="20230201"\n');
  const mirror = join(scratch, 'small-mirror');
  mkdirSync(join(mirror, 'packages.wolfi.dev/os'), { recursive: true });
  const advisories = {
    reponame: 'os',
    packages: [{ pkg: { name: 'curl', secfixes: { '8.1.0-r0': ['CVE-2024-1'] } } }],
  };
  writeFileSync(join(mirror, 'packages.wolfi.dev/os/security.json'), JSON.stringify(advisories));
  const args = [
    'scan',
    `dir:${root}`,
    '--db',
    ':memory:',
    '--mirror',
    mirror,
    '--fail-on',
    'unknown',
    '--format',
    'json',
  ];
  assert.equal(clair(args).status, 1);
  const rules = file('small.yaml', 'ignore:\n  - {id: CVE-2024-1, reason: ours is another curl}\n');
  const run = clair([...args, '--ignore', rules]);
  assert.equal(run.status, 0, run.stderr);
  assert.equal((JSON.parse(run.stdout) as Report).verdict, 'clean');
});

test('warns of expired rules and of rules that match nothing', () => {
  const rules = file(
    'stale.yaml',
    'ignore:\n  - {id: CVE-2024-9143, reason: a, expires: 2020-01-01}\n  - {id: CVE-1999-1, package: bash, reason: b}\n',
  );
  const { matches, stderr } = reported('--ignore', rules);
  assert.deepEqual(named(matches), named(plain.matches));
  assert.equal(
    stderr,
    `clair: ${rules}:2 has expired and no longer applies: CVE-2024-9143\nclair: ${rules}:3 matches nothing: CVE-1999-1, package bash\n`,
  );
  const many = file('many.yaml', `ignore:\n${'  - {id: CVE-1999-1, reason: b}\n'.repeat(8)}`);
  assert.match(reported('--ignore', many).stderr, /and 3 more rules: each of them matches nothing\n$/);
});

test('applies the expiry of a rule as of the time of the scan', () => {
  const rules = file('once.yaml', 'ignore:\n  - {id: CVE-2024-9143, reason: a, expires: 2020-01-01}\n');
  assert.doesNotMatch(reported('--ignore', rules, '--as-of', '2020-01-01').stderr, /has expired/);
  assert.match(reported('--ignore', rules, '--as-of', '2020-01-02').stderr, /has expired/);
});

test('does not count suppressed findings as new', () => {
  const rules = file('redis.yaml', 'ignore:\n  - {package: redis, reason: a}\n');
  const before = join(scratch, 'before.json');
  assert.equal(scan('--ignore', rules, '--format', 'json', '--output', before).status, 0);
  const { matches, suppressed } = reported('--new-since', before, '--ignore', rules);
  assert.deepEqual([matches.length, suppressed.length], [0, plain.matches.length]);
  assert.deepEqual(
    new Set(reported('--new-since', before).matches.map(({ package: found }) => found.name)),
    new Set(['redis']),
  );
});

test('reads and names the file in the working directory unless another file or "none" is given', () => {
  const folder = mkdtempSync(join(scratch, 'here-'));
  writeFileSync(join(folder, '.clairignore.yaml'), 'ignore:\n  - {id: CVE-*, reason: here}\n');
  const other = file('other.yaml', 'ignore:\n  - {package: redis, reason: there}\n');
  const here = (...args: readonly string[]): { suppressed: number; stderr: string } => {
    const run = spawnSync(inCheckout('bin/clair'), ['scan', image, ...place, '--format', 'json', ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { suppressed: (JSON.parse(run.stdout) as Report).suppressed.length, stderr: run.stderr };
  };
  assert.deepEqual(here(), {
    suppressed: plain.matches.length,
    stderr: 'clair: using the rules of .clairignore.yaml in this directory; --ignore none disables them\n',
  });
  assert.deepEqual(here('--ignore', 'none'), { suppressed: 0, stderr: '' });
  assert.deepEqual(here('--ignore', other), { suppressed: 3, stderr: '' });
  assert.deepEqual(here('--ignore', other, '--ignore', '.clairignore.yaml').suppressed, plain.matches.length);
});

test('reads whitelists of clair-scanner and Klar', () => {
  const scanner = file(
    'scanner.yaml',
    'generalwhitelist:\n  CVE-2024-9143: OpenSSL\nimages:\n  alpine:\n    CVE-2024-5535: x\n',
  );
  const klar = file('klar.yaml', 'general:\n  - CVE-2024-9143\nimages:\n  alpine:\n    - CVE-2024-5535\n');
  for (const whitelist of [scanner, klar]) {
    const { suppressed, stderr } = reported('--ignore', whitelist);
    assert.deepEqual(named(suppressed), ['libcrypto3 CVE-2024-9143', 'libssl3 CVE-2024-9143']);
    // The image is a file, so its name in a registry is unknown.
    assert.match(
      stderr,
      /for named images do not apply, because a name in an image on disk proves nothing: /,
    );
  }
});

const redis = 'pkg:apk/alpine/redis@7.2.5-r0';
const vex = {
  openvex: openVexDocument([
    {
      vulnerability: { name: 'CVE-2024-31227' },
      products: [{ '@id': redis }],
      status: 'not_affected',
      impact_statement: 'no ACLs',
    },
    {
      vulnerability: { name: 'CVE-2024-31228' },
      products: [{ '@id': redis }],
      status: 'under_investigation',
    },
    {
      vulnerability: { name: 'CVE-2024-31449' },
      products: [{ '@id': 'pkg:apk/alpine/redis@7.2.4-r0' }],
      status: 'fixed',
    },
  ]),
  csaf: csafVexDocument(
    {
      full_product_names: [
        { product_id: 'redis', name: 'redis', product_identification_helper: { purl: redis } },
      ],
    },
    [
      {
        cve: 'CVE-2024-31227',
        threats: [{ category: 'impact', details: 'no ACLs', product_ids: ['redis'] }],
        product_status: { known_not_affected: ['redis'] },
      },
      { cve: 'CVE-2024-31228', product_status: { known_affected: ['redis'] } },
    ],
  ),
  cyclonedx: cyclonedxDocument([
    {
      id: 'CVE-2024-31227',
      analysis: { state: 'not_affected', detail: 'no ACLs' },
      affects: [{ ref: redis }],
    },
    { id: 'CVE-2024-31228', analysis: { state: 'exploitable' }, affects: [{ ref: redis }] },
  ]),
};

for (const [format, document] of Object.entries(vex))
  test(`suppresses exactly the findings that ${format} marks as not affected`, () => {
    const { suppressed, stderr } = reported('--vex', file(`in.${format}.json`, document));
    assert.deepEqual(named(suppressed), ['redis CVE-2024-31227']);
    assert.match(
      suppressed[0]?.reason ?? '',
      /^not affected, says Example Ltd \(\S+ of 2024-05-01\): no ACLs$/,
    );
    assert.equal(stderr, '');
  });

test('suppresses a finding by a version range when it contains the installed version', () => {
  const ranged = (range: string): Readonly<Record<string, object>> => {
    const purl = 'pkg:apk/alpine/redis';
    const product = { product_id: 'redis', name: 'redis', product_identification_helper: { purl } };
    const branches = [{ category: 'product_version_range', name: range, product }];
    return {
      csaf: csafVexDocument({ branches }, [
        { cve: 'CVE-2024-31227', product_status: { known_not_affected: ['redis'] } },
      ]),
      cyclonedx: cyclonedxDocument([
        {
          id: 'CVE-2024-31227',
          analysis: { state: 'not_affected' },
          affects: [{ ref: purl, versions: [{ range }] }],
        },
      ]),
    };
  };
  for (const [range, isIn] of [
    ['vers:apk/>=7.2.0|<7.2.5-r1', true],
    ['vers:apk/>=7.2.0|<7.2.5-r0', false],
    ['vers:deb/*', false],
    ['before 8', false],
  ] as const)
    for (const [format, document] of Object.entries(ranged(range))) {
      const { suppressed } = reported('--vex', file(`range.${format}.json`, document));
      assert.deepEqual(named(suppressed), isIn ? ['redis CVE-2024-31227'] : [], `${format} ${range}`);
    }
});

test('reads the VEX documents of a directory and reports other files and documents about other images', () => {
  const folder = mkdtempSync(join(scratch, 'vex-'));
  mkdirSync(join(folder, '2024'));
  writeFileSync(join(folder, '2024/redis.json'), JSON.stringify(vex.csaf));
  writeFileSync(join(folder, 'index.json'), '{}');
  writeFileSync(join(folder, 'read.me'), 'no JSON at all');
  const { suppressed, stderr } = reported('--vex', folder);
  assert.deepEqual(named(suppressed), ['redis CVE-2024-31227']);
  assert.equal(stderr, `clair: 1 of the documents below ${folder} are not readable VEX documents\n`);
  const other = file('silent.json', openVexDocument([]));
  assert.equal(reported('--vex', other).stderr, `clair: ${other} has no statement that matches a finding\n`);
});

test('ends with status 2, a message and no report when a file cannot be used', () => {
  const refused = (args: readonly string[], message: RegExp): void => {
    const run = scan(...args);
    assert.equal(run.status, 2, run.stderr);
    assert.match(run.stderr, message);
    assert.doesNotMatch(run.stderr, /\n {4}at /);
    assert.equal(run.stdout, '');
  };
  refused(['--ignore', file('bad.yaml', 'ignore:\n  - id: CVE-1\n')], /bad\.yaml:2 the rule has no reason/);
  refused(['--ignore', join(scratch, 'nowhere.yaml')], /nowhere\.yaml cannot be read/);
  refused(['--ignore', scratch], /cannot be read/);
  refused(['--vex', file('bad.json', '{}')], /bad\.json is not a VEX document/);
  refused(['--vex', join(scratch, 'nowhere.json')], /nowhere\.json cannot be read/);
});

const valid = {
  openvex: schemaValidator(openVexSchema),
  csaf: csafProblems,
  cyclonedx: cyclonedxValidator(),
};

for (const [format, problems] of Object.entries(valid))
  test(`clair vex --format ${format} writes a document that a scan reads`, async () => {
    const rules = file(
      'statements.yaml',
      'ignore:\n  - {package: redis, reason: no scripts, justification: vulnerable_code_not_in_execute_path}\n  - {id: CVE-2024-9143, reason: accepted}\n',
    );
    const write = (): Run =>
      clair(['vex', image, ...place, '--ignore', rules, '--format', format, '--author', 'Example Ltd'], {
        SOURCE_DATE_EPOCH: '1726207200',
      });
    const { status, stdout, stderr } = write();
    assert.equal(status, 0, stderr);
    assert.match(stderr, /the document is incomplete: alpine:v3\.20: out of support/);
    assert.match(
      stderr,
      /not all of its layers were hashed, so its content is not proved; write it with --verify/,
    );
    assert.deepEqual(await problems(JSON.parse(stdout)), []);
    assert.match(stdout, /2024-09-13T06:00:00Z/);
    assert.match(stdout, /The risk is accepted: accepted\. Update to 3\.3\.2-r1 or later\./);
    assert.equal(write().stdout, stdout);
    // A pipe, as the shell creates it for <(clair vex …).
    const again = spawnSync(
      'bash',
      [
        '-c',
        '"$0" scan --verify --vex <(cat "$1") --format json "$2" "$3" "$4" "$5" "$6"',
        inCheckout('bin/clair'),
        file(`out.${format}`, stdout),
        image,
        ...place,
      ],
      { cwd: scratch, encoding: 'utf8' },
    );
    const { suppressed } = JSON.parse(again.stdout) as Report;
    const excepted = reported('--ignore', rules).suppressed.filter(
      ({ package: found }) => found.name === 'redis',
    );
    assert.deepEqual(named(suppressed), named(excepted));
    assert.equal(suppressed.length, 3);
    // An archive can have the digest of the image, and other layers.
    const unproven = reported('--vex', file(`unproven.${format}`, stdout));
    assert.deepEqual(unproven.suppressed, []);
    assert.match(unproven.stderr, /unproven\.\S+ name the image by its digest, and do not apply: .*--verify/);
  });

test('writes no document without statements', () => {
  const root = join(scratch, 'nothing');
  mkdirSync(root, { recursive: true });
  const output = join(scratch, 'nothing.json');
  const run = clair(['vex', `dir:${root}`, '--db', ':memory:', '--offline', '--output', output]);
  assert.equal(run.status, 3);
  assert.match(
    run.stderr,
    /nothing was found in dir:\S+, and a VEX document needs at least one vulnerability/,
  );
  assert.throws(() => readFileSync(output));
  assert.equal(clair(['vex', image, ...place], { SOURCE_DATE_EPOCH: 'now' }).status, 2);
});
