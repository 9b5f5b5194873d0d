import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findDatabase } from '../../src/advisory-db/layout.ts';
import { LayoutWriter } from '../../src/advisory-db/layout-writer.ts';
import { KeyDirectory } from '../../src/advisory-db/trust/key-directory.ts';
import { signCatalogue } from '../../src/advisory-db/trust/sign-catalogue.ts';
import type { Report } from '../../src/model/report.ts';
import { clair, inCheckout, type Run } from './clair.ts';
import { done, epoch, fromPublished, image, mirror, place } from './publication.ts';

const database = join(place, 'signed.db');
const signed = join(place, 'signed');
const keys = join(place, 'keys');
const root = join(keys, '1.root.json');
const scan = ['scan', image, '--no-lookups', '--format', 'json'];

done(clair(['db', 'update', 'alpine', 'kev', '--mirror', mirror, '--db', database]));
const built = clair(['db', 'build', signed, '--db', database, '--keys', keys]);
done(built);

function copyOf(name: string): string {
  const directory = join(place, name);
  cpSync(signed, directory, { recursive: true });
  return directory;
}

test('makes keys once, and keeps a signed database signed', () => {
  assert.match(
    built.stderr,
    /made keys in \S+keys: give clients \S+1\.root\.json, and keep the other files secret/,
  );
  const again = clair(['db', 'build', copyOf('built again'), '--db', database, '--keys', keys]);
  assert.equal(
    done(again).split('\n')[0],
    `${join(place, 'built again')}: version 2, 2 namespaces (0 new, 0 changed, 2 as before, 0 refused), 0.0 MB`,
  );
  assert.equal(again.stderr, '');
  const unsigned = clair(['db', 'build', signed, '--db', database]);
  assert.equal(unsigned.status, 2);
  assert.match(unsigned.stderr, /is signed, and clients would refuse a version without signatures/);
});

test('writes the same report from a verified database, without a notice', () => {
  const expected = done(clair([...scan, '--offline', '--db', database], epoch));
  const run = fromPublished('signed', [...scan, '--root', root], 'cache of signed');
  assert.equal(done(run), expected);
  assert.equal(run.stderr, '');
  const unverified = fromPublished('signed', scan);
  assert.equal(done(unverified), expected);
  assert.match(
    unverified.stderr,
    /the signatures of the advisories in \S+signed are not verified: name the root of their publisher with --root/,
  );
});

test('verifies signatures with all files', () => {
  const verify = (...options: string[]): Run => clair(['db', 'verify', signed, ...options]);
  assert.match(
    done(verify('--root', root)),
    /^2 of 2 namespaces are sound, signed below the root that was named$/m,
  );
  assert.match(done(verify()), /^2 of 2 namespaces are sound, signed, and not verified: name the root/m);
  const other = join(place, 'other keys');
  done(clair(['db', 'build', join(place, 'other'), '--db', database, '--keys', other]));
  const refused = verify('--root', join(other, '1.root.json'));
  assert.equal(refused.status, 3);
  assert.match(
    refused.stderr,
    /signed is refused: the signatures are not valid \(timestamp was signed by 0\/1 keys\)\. Name another place/,
  );
});

test('uses the last trusted advisories and says why when signatures were removed, and nothing without such', () => {
  const name = 'stripped';
  const directory = copyOf(name);
  const args = [...scan, '--root', root];
  const before = done(fromPublished(name, args, 'cache of stripped'));
  rmSync(directory, { recursive: true });
  done(clair(['db', 'build', directory, '--db', database]));
  const refused = fromPublished(name, args, 'cache of stripped');
  assert.deepEqual(matchesOf(refused), matchesOf({ status: 0, stdout: before, stderr: '' }));
  assert.match(
    refused.stderr,
    /stripped is refused: it is not signed\. Name another place with --from, or ask its publisher/,
  );
  const unknown = fromPublished(name, args);
  assert.equal(unknown.status, 4);
  const { coverage, verdict } = JSON.parse(unknown.stdout) as Report;
  assert.equal(verdict, 'not-assessed');
  assert.match(coverage[0]?.reason ?? '', /is refused: it is not signed/);
});

function matchesOf(run: Run): unknown {
  return (JSON.parse(done(run)) as Report).matches;
}

test('takes an expired copy only with --accept-expired, and calls it stale', async () => {
  const directory = copyOf('expired');
  const catalogue = findDatabase(directory)?.catalogue ?? assert.fail();
  const keyDirectory = new KeyDirectory(keys);
  await new LayoutWriter(directory).publish(catalogue, (bytes) =>
    signCatalogue(bytes, {
      roots: keyDirectory.roots(),
      signers: { privateKeys: keyDirectory.privateKeys() },
      now: new Date(Date.now() - 30 * 86_400_000),
      before: new Map(),
    }),
  );
  const refused = fromPublished('expired', [...scan, '--root', root]);
  assert.equal(refused.status, 4);
  assert.match(
    refused.stderr,
    /expired is refused: the signatures have expired .* accept an old copy with --accept-expired/,
  );
  const accepted = fromPublished('expired', [...scan, '--root', root, '--accept-expired']);
  assert.match(
    accepted.stderr,
    /^clair: the signatures of \S+expired have expired, which --accept-expired allows$/m,
  );
  const { coverage } = JSON.parse(done(accepted)) as Report;
  assert.equal(coverage[0]?.status, 'stale');
  assert.match(coverage[0].reason ?? '', /the signatures of the published database have expired/);
});

test('refuses a file that is not a root document, and a place on the network without proof', () => {
  const noRoot = join(place, 'no root.json');
  writeFileSync(noRoot, readFileSync(image));
  for (const [options, reason] of [
    [['--from', signed, '--root', noRoot], /no root\.json/],
    [['--from', signed, '--root', join(place, 'missing.json')], /missing\.json cannot be read/],
    [
      ['--from', 'https://localhost:9/db'],
      /its content must be proved: name the root of its publisher with --root/,
    ],
  ] as const) {
    const run = clair([...scan, '--db', ':memory:', ...options]);
    assert.notEqual(run.status, 0);
    assert.match(run.stderr, reason);
  }
});

/** Prints the modules of the library for signatures as they are loaded. */
const loadHook = `data:text/javascript,${encodeURIComponent(
  "import { registerHooks } from 'node:module'; registerHooks({ load(url, context, next) { if (/tuf-?js/.test(url)) console.error('loaded ' + url); return next(url, context); } });",
)}`;

function loadsSignatures(...args: string[]): boolean {
  const { stderr, status } = spawnSync(
    process.execPath,
    ['--import', loadHook, inCheckout('src/start.ts'), ...args],
    {
      encoding: 'utf8',
      env: { ...process.env, XDG_CACHE_HOME: join(place, 'cache of sources') },
    },
  );
  assert.equal(status, 0, stderr);
  return stderr.includes('loaded ');
}

test('loads the library for signatures only when something is verified or signed', () => {
  const options = ['--offline', '--db', database];
  for (const args of [
    ['--help'],
    ['db', 'build', '--help'],
    ['db', 'keys', 'rotate', '--help'],
    [...scan, ...options],
    [...scan, ...options, '--from', signed],
    ['db', 'build', join(place, 'unsigned'), '--db', database],
  ])
    assert.ok(!loadsSignatures(...args), args.join(' '));
  const verified = [...scan, ...options, '--from', signed, '--root', root];
  assert.ok(loadsSignatures(...verified));
  // Nothing is new, so nothing is verified.
  assert.ok(!loadsSignatures(...verified));
});

/** Runs a scan from the sources, which then have a place as if it was chosen at build time. */
function scanWithBuiltInPlace(builtIn: string, ...options: string[]): Run {
  const values = { builtInPlace: builtIn, builtInRoot: readFileSync(root, 'base64') };
  const setUp = `data:text/javascript,${encodeURIComponent(`Object.assign(globalThis, ${JSON.stringify(values)});`)}`;
  const args = [...scan, '--db', join(place, 'built in.db'), ...options];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', setUp, inCheckout('src/start.ts'), ...args],
    { encoding: 'utf8', env: { ...process.env, ...epoch, XDG_CACHE_HOME: join(place, 'cache of built in') } },
  );
  return { status, stdout, stderr };
}

test('uses the place that was chosen at build time when the user names none, and verifies it', () => {
  const expected = done(clair([...scan, '--offline', '--db', database], epoch));
  const run = scanWithBuiltInPlace(signed, '--offline');
  assert.equal(done(run), expected);
  assert.equal(run.stderr, '');
  const unsigned = join(place, 'unsigned built-in');
  done(clair(['db', 'build', unsigned, '--db', database]));
  const refused = scanWithBuiltInPlace(unsigned, '--offline');
  assert.equal(refused.status, 4);
  assert.match(refused.stderr, /unsigned built-in is refused: it is not signed/);
  // A mirror is the place of the user.
  const mirrored = scanWithBuiltInPlace(unsigned, '--mirror', mirror);
  assert.equal((JSON.parse(done(mirrored)) as Report).coverage[0]?.status, 'complete');
  assert.equal(mirrored.stderr, '');
  for (const script of ['main.js', 'scan.js'])
    assert.doesNotMatch(readFileSync(inCheckout(`dist/bin/${script}`), 'utf8'), /builtIn(?:Place|Root)/);
});
