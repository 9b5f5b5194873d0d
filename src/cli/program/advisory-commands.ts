import { type Command, InvalidArgumentError, Option } from 'commander';
import { ClairError } from '../../core/errors.ts';
import type { AffectedOptions } from '../affected.ts';
import type { DatabaseOptions } from '../command-context.ts';
import type { BuildOptions } from '../db/build.ts';
import type { KeyOptions } from '../db/keys.ts';
import type { MirrorOptions } from '../db/mirror.ts';
import type { StatusOptions } from '../db/status.ts';
import type { UpdateOptions } from '../db/update.ts';
import type { LoadedExtensions } from '../load-extensions.ts';
import type { PublishedOptions } from '../open-places.ts';
import { CliOption } from './cli-option.ts';
import { plainFormatOption } from './format-option.ts';
import {
  addDatabaseOptions,
  addListServerOptions,
  addPlaceOptions,
  addSuppressionOptions,
  type CommandDeps,
} from './options.ts';
import { addRunOptions } from './run-options.ts';

/** Adds the commands `affected`, `db` and `compare-versions`. */
export function addAdvisoryCommands(program: Command, deps: CommandDeps): void {
  addAffected(program, deps);
  addDatabase(program, deps);
  addCompareVersions(program, deps);
}

function addDatabase(program: Command, deps: CommandDeps): void {
  const { run, loaded } = deps;
  const db = program.command('db').description('manage the database of advisories and layers');
  addPlaceOptions(
    addRunOptions(addDatabaseOptions(db.command('update').description('update advisories and ratings'))),
  )
    .argument(
      '[source...]',
      `sources to update: ${[...loaded.extensions.sources, ...loaded.extensions.enrichers].map(({ name }) => name).join(', ')}; all by default`,
    )
    .option('--accept-shrunk', 'accept a feed that has shrunk to less than half')
    .option('--accept-older', 'accept a feed whose content is older than that of the database')
    .addHelpText(
      'after',
      '\nEnds with 3 if a feed failed or was not tried, or if no feed exists at its origin. The other feeds are updated nevertheless.\n\nWith --from, the database takes over what is published there. Sources that are not published are left out.\n\nExamples:\n  clair db update\n  clair db update alpine nvd --mirror /srv/advisories\n  clair db update --from /srv/published --db postgresql://…',
    )
    .action(async (sources: string[], options: UpdateOptions) => {
      const { updateDatabase } = await import('../db/update.ts');
      run(updateDatabase, sources, { ...options, loaded });
    });
  addPlaceOptions(
    addRunOptions(db.command('status').description('show the content of the database and its age')),
  )
    .addOption(databaseOption())
    .action(async (options: StatusOptions) => {
      const { showStatus } = await import('../db/status.ts');
      run(showStatus, { ...options, loaded });
    });
  addPublication(db, deps);
  addKeys(db, deps);
  addMirror(db, deps);
}

/** Adds the commands that publish a database, and that use a published one. */
function addPublication(db: Command, { run, loaded }: CommandDeps): void {
  addRunOptions(db.command('build').description('publish the advisories of the database as files for --from'))
    .argument('<dir>', 'the directory; a second run writes only what changed')
    .addOption(databaseOption())
    .option(
      '--accept-shrunk',
      'accept a namespace that has shrunk to less than half, or lost known vulnerabilities',
    )
    .option('--accept-older', 'accept a namespace whose content is older than the published one')
    .option(
      '--keys <dir>',
      'sign with the keys of this directory; makes them for a directory that was never signed',
    )
    .addOption(signerOption())
    .addHelpText(
      'after',
      '\nEnds with 3 if a namespace was refused; its published content stays.\n\nExamples:\n  clair db update && clair db build /srv/advisories\n  clair db build /srv/advisories --keys /srv/keys',
    )
    .action(async (directory: string, options: BuildOptions) => {
      const { buildDatabase } = await import('../db/build.ts');
      run(buildDatabase, directory, { ...options, loaded });
    });
  addPlaceOptions(
    addRunOptions(
      db.command('fetch').description('fetch the advisories of a published database into the cache'),
    ),
  )
    .argument('[namespace...]', 'such as debian:12, alpine:v3.20, npm; all by default')
    .addOption(databaseOption())
    .addHelpText(
      'after',
      '\nEnds with 3 if a namespace could not be fetched.\n\nExample:\n  clair db fetch debian:12 npm --from /srv/advisories',
    )
    .action(async (names: string[], options: DatabaseOptions) => {
      const { fetchPublished } = await import('../db/published.ts');
      run(fetchPublished, names, { ...options, loaded });
    });
  addRunOptions(db.command('verify').description('check all files of a published database'))
    .argument(
      '<place>',
      'a directory, https://… or registry:HOST/REPOSITORY; PLACE@sha256:… is one version of it',
    )
    .option('--root <file>', 'also verify the signatures, by the root document of the publisher')
    .option('--accept-expired', 'with --root, accept signatures that have expired')
    .addHelpText(
      'after',
      '\nEnds with 3 if a file is damaged, or if the signatures are not valid.\n\nExamples:\n  clair db verify /srv/advisories\n  clair db verify /srv/advisories --root 1.root.json',
    )
    .action(async (place: string, options: PublishedOptions) => {
      const { verifyPublished } = await import('../db/published.ts');
      run(verifyPublished, place, options);
    });
}

/** Adds the commands for the keys that sign a published database. */
function addKeys(db: Command, { run }: CommandDeps): void {
  const keys = db.command('keys').description('manage the keys that sign a published database');
  keys
    .command('list')
    .description('list the keys of each role, and whether the private key is in the directory')
    .argument('<dir>', 'the directory of keys')
    .action(async (directory: string) => {
      const { listKeys } = await import('../db/keys.ts');
      run(listKeys, directory);
    });
  keys
    .command('rotate')
    .description('make the next root, with new keys for the named roles')
    .argument('<dir>', 'the directory of keys')
    .argument(
      '[role...]',
      'root, targets, snapshot or timestamp; without one, only the validity of the root is extended',
    )
    .addOption(
      new CliOption(
        '--public-key <file>',
        'use the key with this public half, in PEM, instead of a new key file; repeatable',
      ).repeatable((file) => file),
    )
    .addOption(
      new Option('--threshold <number>', 'how many of these keys must sign; as before by default').argParser(
        wholeNumberOf,
      ),
    )
    .addOption(signerOption())
    .addHelpText(
      'after',
      '\nEnds with 3 if keys that must sign are elsewhere: run clair db keys sign there.\n\nExamples:\n  clair db keys rotate /srv/keys snapshot timestamp\n  clair db keys rotate /srv/keys targets --public-key kms.pem',
    )
    .action(async (directory: string, names: string[], options: KeyOptions) => {
      const { rotateKeysIn } = await import('../db/keys.ts');
      run(rotateKeysIn, directory, names, options);
    });
  keys
    .command('sign')
    .description('sign a root that lacks signatures, with the root keys of this machine')
    .argument('<dir>', 'the directory of keys')
    .addOption(signerOption())
    .addHelpText(
      'after',
      '\nEnds with 3 if more signatures are needed.\n\nExample:\n  clair db keys sign /media/keys',
    )
    .action(async (directory: string, options: KeyOptions) => {
      const { signRootIn } = await import('../db/keys.ts');
      run(signRootIn, directory, options);
    });
}

function signerOption(): Option {
  return new Option(
    '--signer <command>',
    'sign with this shell command for keys that are not in the directory: it gets the bytes on standard input, the role in CLAIR_SIGN_ROLE and the key id in CLAIR_SIGN_KEY, and prints the signature in base64',
  );
}

function wholeNumberOf(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a whole number from 1 to 99.');
}

/** Adds the command that mirrors the vendors for systems without network. */
function addMirror(db: Command, { run, loaded }: CommandDeps): void {
  addRunOptions(
    db
      .command('mirror')
      .description('write the feeds to a directory for --mirror, for systems without network'),
  )
    .argument('<dir>', 'the directory; a second run fetches only changed files')
    .argument('[source...]', 'sources and enrichers whose feeds are mirrored; all by default')
    .option('--mirror <place>', 'fetch from another mirror instead of the vendors')
    .addHelpText(
      'after',
      '\nExamples:\n  clair db mirror /srv/advisories\n  clair db mirror /srv/advisories debian alpine kev epss',
    )
    .action(async (directory: string, sources: string[], options: MirrorOptions) => {
      const { mirrorDatabase } = await import('../db/mirror.ts');
      run(mirrorDatabase, directory, sources, { ...options, loaded });
    });
}

function addAffected(program: Command, { run, loaded }: CommandDeps): void {
  const command = addRunOptions(
    program
      .command('affected')
      .description('list the images of the database that a vulnerability affects, with packages and layers'),
  );
  addListServerOptions(addSuppressionOptions(addPlaceOptions(command)))
    .argument('<id>', 'a CVE, or the id of an advisory, in upper or lower case')
    .addOption(plainFormatOption(['csv']))
    .option('--only-fixed', 'only packages for which a fixed version exists')
    .option('--untagged', 'also list images that have lost all of their tags')
    .option('--suppressed', 'also list findings that rules and VEX documents suppress')
    .addOption(databaseOption())
    .addHelpText(
      'after',
      '\nExamples:\n  clair affected CVE-2024-3094 --format json\n  clair affected CVE-2024-3094 --only-fixed\n  clair affected CVE-2024-3094 --server https://clair.example\n  clair affected CVE-2024-3094 --vex statements/\n  clair affected CVE-2024-3094 --format csv > images.csv      one line for each package, for spreadsheets',
    )
    .action(async (id: string, options: AffectedOptions) => {
      const { showAffected } = await import('../affected.ts');
      run(showAffected, id, { ...options, loaded });
    });
}

function addCompareVersions(program: Command, { run, loaded }: CommandDeps): void {
  program
    .command('compare-versions')
    .description('compare two versions: prints < = > or ! (no order)')
    .argument(
      '[scheme]',
      `the version scheme: ${loaded.extensions.schemes.map(({ name }) => name).join(', ')}`,
    )
    .argument('[a]', 'a version')
    .argument('[b]', 'the version to compare it with')
    .option('--batch', 'compare lines SCHEME<TAB>A<TAB>B of standard input; prints one result per line')
    .addHelpText(
      'after',
      `
Examples:
  clair compare-versions dpkg 1.0~rc1-1 1.0-1
  printf 'rpm\\t1.0-1\\t1.0-2\\n' | clair compare-versions --batch`,
    )
    .action((scheme?: string, a?: string, b?: string, options?: { batch?: boolean }) => {
      run(runCompareVersions, { scheme, a, b }, options, loaded);
    });
}

async function runCompareVersions(
  { scheme, a, b }: { scheme?: string | undefined; a?: string | undefined; b?: string | undefined },
  options: { batch?: boolean } | undefined,
  { extensions: { schemes } }: LoadedExtensions,
): Promise<number> {
  const { compareBatch, compareVersions } = await import('../compare-versions.ts');
  if (options?.batch) return await compareBatch(schemes);
  if (scheme !== undefined && a !== undefined && b !== undefined)
    return compareVersions(schemes, scheme, a, b);
  throw new ClairError('usage', 'compare-versions takes a scheme and two versions, or --batch');
}

/** Returns the option `--db` of the commands that only name a database. */
export function databaseOption(): Option {
  return new Option(
    '--db <file>',
    'the database: a file, $XDG_CACHE_HOME/clair/clair.db by default, or postgresql://…',
  );
}
