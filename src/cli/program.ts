import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { ClairError } from '../kit/errors.ts';
import { parseSeverity, type Severity, severities } from '../model/severity.ts';
import type { AffectedOptions } from './affected.ts';
import { fromClairFlags } from './clair-flags.ts';
import type { ConfigOptions } from './config.ts';
import type { UpdateOptions } from './db.ts';
import type { ImportOptions } from './db-file.ts';
import type { MirrorOptions } from './db-mirror.ts';
import { formatOption } from './format-option.ts';
import type { LayerOptions } from './layer.ts';
import { type Plugged, plug, takePlugins } from './plugged.ts';
import type { DatabaseOptions } from './room.ts';
import { type SbomOptions, type ScanOptions, sbom, scan } from './scan.ts';
import type { ServeOptions } from './serve.ts';

const targetHelp =
  'docker-archive:F, oci:DIR[:REF], oci-archive:F, rootfs-tar:F, dir:ROOTFS, aci:F, or a path';

/** The command line. Runs what `argv` asks for (without node and script) and answers the exit status. */
export async function runCommand(argv: readonly string[], version: string): Promise<number> {
  const { names, rest } = takePlugins(argv);
  await using plugged = await plug(names, process.cwd());
  const exit = { status: 0 };
  const run = async (status: Promise<number>): Promise<void> => {
    exit.status = await status;
  };
  try {
    await commandLine(version, { plugged, names, run }).parseAsync(fromClairFlags(rest), { from: 'user' });
    return exit.status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

/** What the commands work with. */
export interface CommandParts {
  readonly plugged: Plugged;
  /** The names of the plugins, as they were given. */
  readonly names: readonly string[];
  /** Takes the exit status of the command that was asked for. */
  readonly run: (status: Promise<number>) => Promise<void>;
}

/** All commands with their options and help. */
export function commandLine(version: string, { plugged, names, run }: CommandParts): Command {
  const program = new Command('clair')
    .description('Finds known vulnerabilities in container images.')
    .version(version, '-V, --version')
    // Taken out of the line before it is parsed: what a plugin brings can be named in what follows.
    .option('--plugin <name>', 'use a plugin: a module, a directory of modules, or a package; repeatable')
    .exitOverride()
    .configureHelp({ sortOptions: false, showGlobalOptions: false })
    .showSuggestionAfterError()
    .addHelpText('after', overview);
  addScan(program, run, plugged);
  addSbom(program, run, plugged);
  addLayer(program, run, plugged);
  addAffected(program, run, plugged);
  addDatabase(program, run, plugged);
  addCompareVersions(program, run, plugged);
  addConfig(program, run);
  addPlugin(program, run, plugged);
  addServe(program, run, names);
  return program;
}

type Run = CommandParts['run'];

const overview = `
Examples:
  clair scan image.tar                       what is vulnerable in an image on disk
  clair scan image.tar --fail-on high        the same in a pipeline: ends with 1 at a High or worse
  clair scan oci:./layout:v1 --format json   an OCI layout, as JSON
  clair db update                            fetch all advisories, for later use without network
  clair scan image.tar --offline             use only what was fetched before
  clair --plugin ./acme.ts scan image.tar    with a plugin; works with every command

Exit status: 0 done, 1 findings at or above --fail-on, 2 wrong use, 3 something could not be read,
4 not assessed and --fail-on given, 70 a bug.`;

function addScan(program: Command, run: Run, plugged: Plugged): void {
  const command = program
    .command('scan')
    .description('what is vulnerable in an image')
    .addArgument(new Argument('<target>', targetHelp))
    .addOption(formatOption(plugged.extensions.formats, true))
    .option('--output <file>', 'write the report to a file')
    .addOption(
      new Option(
        '--fail-on <severity>',
        `end with 1 at a finding this severe or worse: ${severities.join(', ').toLowerCase()}`,
      ).argParser(severityOf),
    )
    .option('--only-fixed', 'report only what has a fix');
  addImageOptions(addDatabaseOptions(command))
    .addHelpText(
      'after',
      `
Advisories are fetched on demand, only for the distribution found in the image, and kept for later runs.

Examples:
  clair scan nginx.tar
  clair scan nginx.tar --format json --output report.json
  clair scan nginx.tar --format sarif --output clair.sarif     for GitHub's code scanning and editors
  clair scan nginx.tar --format html --output report.html      one page for people
  clair scan nginx.tar --format template=summary.md            as a template of yours has it
  clair scan dir:/mnt/rootfs --only-fixed --fail-on medium
  clair scan nginx.tar --mirror /srv/advisories`,
    )
    .action((target: string, options: ScanOptions) => run(scan(target, { ...options, plugged })));
}

function addSbom(program: Command, run: Run, plugged: Plugged): void {
  const command = program
    .command('sbom')
    .description('what an image is made of')
    .addArgument(new Argument('<target>', targetHelp))
    .addOption(formatOption(plugged.extensions.sbomFormats))
    .option('--output <file>', 'write the list to a file')
    .option('--db <file>', 'the database that remembers layers');
  addImageOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  clair sbom nginx.tar --format json\n  clair sbom nginx.tar --format cyclonedx --output nginx.cdx.json',
    )
    .action((target: string, options: SbomOptions) => run(sbom(target, { ...options, plugged })));
}

function addLayer(program: Command, run: Run, plugged: Plugged): void {
  program
    .command('layer')
    .description('the files the detectors looked at, layer by layer')
    .addArgument(new Argument('<target>', targetHelp))
    .option('--dump <dir>', 'write those files below a directory, one folder a layer')
    .option('--platform <os/arch>', 'which image of several')
    .addHelpText('after', '\nExample:\n  clair layer nginx.tar --dump ./files')
    .action((target: string, options: LayerOptions) =>
      run(import('./layer.ts').then(({ showLayers }) => showLayers(target, { ...options, plugged }))),
    );
}

function addDatabase(program: Command, run: Run, plugged: Plugged): void {
  const db = program.command('db').description('the database of advisories and layers');
  addDatabaseOptions(db.command('update').description('bring advisories up to date'))
    .argument(
      '[source...]',
      `which ones: ${[...plugged.extensions.sources, ...plugged.extensions.enrichers].map(({ name }) => name).join(', ')}; all by default`,
    )
    .option('--accept-shrunk', 'take a feed that has shrunk to less than half for what it is')
    .addHelpText(
      'after',
      '\nExamples:\n  clair db update\n  clair db update alpine nvd --mirror /srv/advisories',
    )
    .action((sources: string[], options: UpdateOptions) =>
      run(import('./db.ts').then(({ updateDatabase }) => updateDatabase(sources, { ...options, plugged }))),
    );
  db.command('status')
    .description('what the database holds and how old it is')
    .option('--db <file>', 'the database')
    .action((options: DatabaseOptions) =>
      run(import('./db.ts').then(({ showStatus }) => showStatus({ ...options, plugged }))),
    );
  addCarrying(db, run, plugged);
}

/** What brings advisories to a place without network. */
function addCarrying(db: Command, run: Run, plugged: Plugged): void {
  db.command('export')
    .description('write all advisories and ratings into one file, to carry them where there is no network')
    .argument('<file>', 'the file')
    .option('--db <file>', 'the database')
    .addHelpText('after', '\nExample:\n  clair db update && clair db export advisories.clair')
    .action((file: string, options: DatabaseOptions) =>
      run(import('./db-file.ts').then(({ exportToFile }) => exportToFile(file, { ...options, plugged }))),
    );
  db.command('import')
    .description('take over what such a file carries, once all of it was found whole')
    .argument('<file>', 'a file of clair db export')
    .option('--db <file>', 'the database')
    .option('--digest <digest>', 'the digest that the export told; a file with another is refused')
    .addHelpText(
      'after',
      '\nExamples:\n  clair db import advisories.clair\n  clair db import advisories.clair && clair scan image.tar --offline',
    )
    .action((file: string, options: ImportOptions) =>
      run(import('./db-file.ts').then(({ importFromFile }) => importFromFile(file, { ...options, plugged }))),
    );
  db.command('mirror')
    .description(
      'lay the feeds down in a directory that --mirror takes, to carry it where there is no network',
    )
    .argument('<dir>', 'the directory; a second run gets only what changed')
    .argument('[source...]', 'whose feeds, those of enrichers included; all by default')
    .option('--mirror <place>', 'get them from another mirror instead of the vendors')
    .addHelpText(
      'after',
      '\nExamples:\n  clair db mirror /srv/advisories\n  clair db mirror /srv/advisories debian alpine kev epss',
    )
    .action((directory: string, sources: string[], options: MirrorOptions) =>
      run(
        import('./db-mirror.ts').then(({ mirrorDatabase }) =>
          mirrorDatabase(directory, sources, { ...options, plugged }),
        ),
      ),
    );
}

function addCompareVersions(program: Command, run: Run, plugged: Plugged): void {
  program
    .command('compare-versions')
    .description('how two versions order: prints < = > or ! (no order)')
    .argument('[scheme]', plugged.extensions.schemes.map(({ name }) => name).join(' '))
    .argument('[a]')
    .argument('[b]')
    .option('--batch', 'answer lines SCHEME<TAB>A<TAB>B of standard input, one a line')
    .addHelpText(
      'after',
      `
Examples:
  clair compare-versions dpkg 1.0~rc1-1 1.0-1
  printf 'rpm\\t1.0-1\\t1.0-2\\n' | clair compare-versions --batch`,
    )
    .action((scheme?: string, a?: string, b?: string, options?: { batch?: boolean }) =>
      run(answer({ scheme, a, b }, options, plugged)),
    );
}

function addAffected(program: Command, run: Run, plugged: Plugged): void {
  program
    .command('affected')
    .description('which images of the database a vulnerability affects, in which packages and layers')
    .argument('<id>', 'a CVE, or the id of an advisory')
    .addOption(new Option('--format <format>', 'table or json').choices(['table', 'json']).default('table'))
    .option(
      '--db <file>',
      'the database: a file, $XDG_CACHE_HOME/clair/clair.db by default, or postgresql://…',
    )
    .addHelpText('after', '\nExample:\n  clair affected CVE-2024-3094 --format json')
    .action((id: string, options: AffectedOptions) =>
      run(import('./affected.ts').then(({ showAffected }) => showAffected(id, { ...options, plugged }))),
    );
}

function addConfig(program: Command, run: Run): void {
  const config = program.command('config').description('the settings of the server and of the updater');
  const room = (): Promise<typeof import('./config.ts')> => import('./config.ts');
  config
    .command('check')
    .description('whether a file and the environment can be used')
    .option('--config <file>', 'a file as Clair has it')
    .action((options: ConfigOptions) => run(room().then(({ checkConfig }) => checkConfig(options))));
  config
    .command('print')
    .description('the settings in force, without secrets')
    .option('--config <file>', 'a file as Clair has it')
    .action((options: ConfigOptions) => run(room().then(({ showConfig }) => showConfig(options))));
  config
    .command('reference')
    .description('every setting there is, in Markdown')
    .action(() => run(room().then(({ showReference }) => showReference())))
    .addHelpText(
      'after',
      '\nExample:\n  CLAIR_API_PORT=7070 clair config print --config /etc/clair/config.yaml',
    );
}

function addPlugin(program: Command, run: Run, plugged: Plugged): void {
  program
    .command('plugin')
    .description('what can be added to clair')
    .command('list')
    .description('every extension there is, and the plugin it comes from')
    .addHelpText(
      'after',
      `
A plugin is a module that exports plugin; --plugin takes its path, a directory of such, or a package, as often as is wished.

Example:
  clair --plugin ./plugins/acme.ts plugin list`,
    )
    .action(() => run(import('./plugin-list.ts').then(({ listPlugins }) => listPlugins(plugged))));
}

function addServe(program: Command, run: Run, plugins: readonly string[]): void {
  program
    .command('serve')
    .description('answer the API of Clair, and keep the advisories of the database current')
    .option('--config <file>', 'a file as Clair has it; defaults and the environment without one')
    .addOption(
      new Option('--log-level <level>', 'how much is logged')
        .choices(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
        .default('info'),
    )
    .option('--cpu-profile <file>', 'write at the end where the time went, as V8 tells it')
    .option('--insecure-tls', 'do not verify the certificates of servers that layers are fetched from')
    .addHelpText(
      'after',
      `
On the port of the health check (6061): GET /health, /metrics, /status.

Example:
  clair serve --config /etc/clair/config.yaml
  clair -config=/etc/clair/config.yaml -log-level=debug     the same, as Clair is started`,
    )
    .action((options: ServedOptions) => run(startServer({ ...options, plugins })));
}

/** What the server is told, and whether to watch it. */
interface ServedOptions extends ServeOptions {
  readonly cpuProfile?: string;
}

async function startServer({ cpuProfile, ...options }: ServedOptions): Promise<number> {
  const { serve } = await import('./serve.ts');
  if (cpuProfile === undefined) return await serve(options);
  const { withCpuProfile } = await import('./cpu-profile.ts');
  return await withCpuProfile(cpuProfile, () => serve(options));
}

async function answer(
  { scheme, a, b }: { scheme?: string | undefined; a?: string | undefined; b?: string | undefined },
  options: { batch?: boolean } | undefined,
  { extensions: { schemes } }: Plugged,
): Promise<number> {
  const { compareBatch, compareVersions } = await import('./compare-versions.ts');
  if (options?.batch) return await compareBatch(schemes);
  if (scheme !== undefined && a !== undefined && b !== undefined)
    return compareVersions(schemes, scheme, a, b);
  throw new ClairError('usage', 'compare-versions takes a scheme and two versions, or --batch');
}

function addDatabaseOptions(command: Command): Command {
  return command
    .option(
      '--db <file>',
      'the database: a file, $XDG_CACHE_HOME/clair/clair.db by default, or postgresql://…',
    )
    .option('--mirror <dir>', 'fetch advisories from a directory or URL that mirrors the upstream hosts')
    .option('--offline', 'fetch nothing; use what the database has');
}

function addImageOptions(command: Command): Command {
  return command
    .option('--platform <os/arch>', 'which image of several')
    .option('--verify', 'read and hash also uncompressed layers, which are seeked over otherwise');
}

function severityOf(text: string): Severity {
  const severity = parseSeverity(text);
  if (severity === undefined)
    throw new InvalidArgumentError(`Severities are ${severities.join(', ').toLowerCase()}.`);
  return severity;
}

/** What standard error says of an error that ends the command. */
export function explainFailure(error: unknown): string {
  if (error instanceof ClairError) return `clair: ${error.message}\n`;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `clair: a bug of ours; please report it with the lines below\n${stack}\n`;
}
