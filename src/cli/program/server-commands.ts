import { type Command, Option } from 'commander';
import type { ConfigOptions } from '../config.ts';
import type { ServeOptions } from '../serve.ts';
import type { TokenOptions } from '../token.ts';
import { CliOption } from './cli-option.ts';
import { variablesOfOptions } from './option-sources.ts';
import type { CommandDeps } from './options.ts';

/** Adds the commands `config`, `plugin` and `serve`. */
export function addServerCommands(program: Command, deps: CommandDeps): void {
  addConfig(program, deps);
  addPlugin(program, deps);
  addServe(program, deps);
}

function addConfig(program: Command, { run, pluginNames: plugins }: CommandDeps): void {
  const config = program.command('config').description('check and show the settings of the server');
  const loadModule = (): Promise<typeof import('../config.ts')> => import('../config.ts');
  const optionVariables = (): ReadonlySet<string> => variablesOfOptions(program);
  config
    .command('check')
    .description('check the configuration file and the variables of the server, without a database or a port')
    .option(
      '--config <file>',
      'the configuration file of the server, which may be that of Clair v2, v3 or v4',
    )
    .action(async (options: ConfigOptions) => {
      const { checkConfig } = await loadModule();
      run(checkConfig, { ...options, plugins, optionVariables: optionVariables() });
    });
  config
    .command('print')
    .description('print the effective settings, without secrets')
    .option(
      '--config <file>',
      'the configuration file of the server, which may be that of Clair v2, v3 or v4',
    )
    .addHelpText(
      'after',
      '\nExample:\n  CLAIR_API_PORT=7070 clair config print --config /etc/clair/config.yaml',
    )
    .action(async (options: ConfigOptions) => {
      const { showConfig } = await loadModule();
      run(showConfig, { ...options, optionVariables: optionVariables() });
    });
  addToken(config, { run });
  config
    .command('reference')
    .description('print all settings, in Markdown')
    .action(async () => {
      const { showConfigReference } = await loadModule();
      run(showConfigReference);
    });
}

function addToken(config: Command, { run }: Pick<CommandDeps, 'run'>): void {
  config
    .command('token')
    .description('create a bearer token for a client, and its entry for api.tokens of the server')
    .addOption(
      new Option(
        '--scope <scope>',
        'permissions: read (GET), triage (also rules and VEX documents), scan (GET and posting layers), admin (everything)',
      )
        .choices(['read', 'triage', 'scan', 'admin'])
        .default('scan'),
    )
    .option('--name <name>', 'a name for the log, of letters, digits and . _ @ -')
    .option(
      '--expires <day>',
      'the last day in UTC on which the token is valid, such as 2027-01-31; it needs --name',
    )
    .addOption(
      new CliOption(
        '--repository <pattern>',
        'limit the token to these repositories: registry.example/shop, registry.example/shop/*, or registry.example/shop/** for all below; it then allows scans and reports by reference only; it needs --name; repeatable',
      ).repeatable(String),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  clair config token --scope scan --name ci\n  clair config token --scope read --name audit --expires 2027-01-31\n  clair config token --scope scan --name shop --repository registry.example/shop/**',
    )
    .action(async (options: TokenOptions) => {
      const { makeToken } = await import('../token.ts');
      run(makeToken, options);
    });
}

function addPlugin(program: Command, { run, loaded }: CommandDeps): void {
  program
    .command('plugin')
    .description('show extensions and plugins')
    .command('list')
    .description('list all extensions and the plugins that provide them')
    .addHelpText(
      'after',
      `
A plugin is a module that exports plugin. --plugin takes its path, a directory of plugins, or a package, and is repeatable.

Example:
  clair --plugin ./plugins/acme.ts plugin list`,
    )
    .action(async () => {
      const { listPlugins } = await import('../plugin-list.ts');
      run(listPlugins, loaded);
    });
}

/** Adds the options of the configuration, the work and the log of a server. */
function addWorkOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--config <file>',
        'the configuration file, which may be that of Clair v2, v3 or v4; without it, defaults and the environment apply',
      ).env('CLAIR_CONF'),
    )
    .addOption(
      new Option('--mode <mode>', 'a mode of Clair v4; every mode serves all APIs')
        .choices(['combo', 'indexer', 'matcher', 'notifier'])
        .env('CLAIR_MODE'),
    )
    .addOption(
      new CliOption(
        '--role <role>',
        'do only this part of the work: api, worker (scans of images), feeds or notify; several with commas; repeatable; overrides roles of the configuration',
      ).repeatable((text) => text.split(',')),
    )
    .addOption(
      new Option(
        '--log-level <level>',
        'minimum level of log lines; overrides log.level of the configuration, info by default',
      ).choices(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
    )
    .addOption(
      new Option(
        '--log-format <format>',
        'json, text, or auto (text on a terminal, json elsewhere); overrides log.format of the configuration, auto by default',
      ).choices(['auto', 'json', 'text']),
    );
}

function addServe(program: Command, { run, pluginNames: plugins }: CommandDeps): void {
  addWorkOptions(
    program
      .command('serve')
      .description('run the server: the v1, v3 and v4 APIs of Clair, updates of advisories, notifications'),
  )
    .addOption(
      new CliOption(
        '--from <place>',
        'take feeds from this published database: a directory, https://… or registry:HOST/REPOSITORY; repeatable; overrides updater.from of the configuration',
      ).repeatable(String),
    )
    .option(
      '--root <file>',
      'accept only what the publisher of this root document signed, such as 1.root.json; overrides updater.root of the configuration',
    )
    .option(
      '--accept-expired',
      'with --root, accept signatures that have expired, as on a disk that was carried; sets updater.acceptexpired of the configuration',
    )
    .option('--cpu-profile <file>', 'write a CPU profile of V8 when the server ends')
    .option('--insecure-tls', 'do not verify the certificates of layer servers')
    .addHelpText(
      'after',
      `
Routes on the port of the health check (6061): GET /health, /healthz, /ready, /readyz, /metrics,
/status.

Example:
  clair serve --config /etc/clair/config.yaml
  clair -config=/etc/clair/config.yaml -log-level=debug     the same, with the flags of Clair v2
  clair -conf /etc/clair/config.yaml -mode combo            the same, with those of Clair v4`,
    )
    .action((options: ServeCommandOptions) => {
      run(runServer, { ...options, plugins: plugins, optionVariables: variablesOfOptions(program) });
    });
}

/** Options of `clair serve` with that of the CPU profile. */
interface ServeCommandOptions extends ServeOptions {
  readonly cpuProfile?: string;
}

async function runServer({ cpuProfile, ...options }: ServeCommandOptions): Promise<number> {
  const { serve } = await import('../serve.ts');
  if (cpuProfile === undefined) return await serve(options);
  const { withCpuProfile } = await import('../cpu-profile.ts');
  return await withCpuProfile(cpuProfile, () => serve(options));
}
