import { type Command, Option } from 'commander';
import type { ConfigOptions } from '../config.ts';
import type { ServeOptions } from '../serve.ts';
import type { TokenOptions } from '../token.ts';
import { variablesOfOptions } from './option-variables.ts';
import type { CommandDeps } from './options.ts';

/** The commands of the server, its settings and its plugins. */
export function addServerCommands(program: Command, deps: CommandDeps): void {
  addConfig(program, deps);
  addPlugin(program, deps);
  addServe(program, deps);
}

function addConfig(program: Command, { run, pluginNames: plugins }: CommandDeps): void {
  const config = program.command('config').description('the settings of the server and of the updater');
  const loadModule = (): Promise<typeof import('../config.ts')> => import('../config.ts');
  const optionVariables = (): ReadonlySet<string> => variablesOfOptions(program);
  config
    .command('check')
    .description(
      'whether the server would start with a file and the environment; it refuses what clair serve refuses',
    )
    .option('--config <file>', 'a file as Clair has it')
    .action((options: ConfigOptions) =>
      run(
        loadModule().then(({ checkConfig }) =>
          checkConfig({ ...options, plugins, optionVariables: optionVariables() }),
        ),
      ),
    );
  config
    .command('print')
    .description('the settings in force, without secrets')
    .option('--config <file>', 'a file as Clair has it')
    .action((options: ConfigOptions) =>
      run(
        loadModule().then(({ showConfig }) => showConfig({ ...options, optionVariables: optionVariables() })),
      ),
    );
  addToken(config, { run });
  config
    .command('reference')
    .description('every setting there is, in Markdown')
    .action(() => run(loadModule().then(({ showConfigReference }) => showConfigReference())))
    .addHelpText(
      'after',
      '\nExample:\n  CLAIR_API_PORT=7070 clair config print --config /etc/clair/config.yaml',
    );
}

function addToken(config: Command, { run }: Pick<CommandDeps, 'run'>): void {
  config
    .command('token')
    .description('make a bearer token for a client, and the entry of api.tokens for the server')
    .addOption(
      new Option('--scope <scope>', 'what it allows: read (GET), scan (post layers too), admin (everything)')
        .choices(['read', 'scan', 'admin'])
        .default('scan'),
    )
    .option('--name <name>', 'a name for the log, of letters, digits and . _ @ -')
    .addHelpText('after', '\nExample:\n  clair config token --scope scan --name ci')
    .action((options: TokenOptions) =>
      run(import('../token.ts').then(({ makeToken }) => makeToken(options))),
    );
}

function addPlugin(program: Command, { run, loaded }: CommandDeps): void {
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
    .action(() => run(import('../plugin-list.ts').then(({ listPlugins }) => listPlugins(loaded))));
}

function addServe(program: Command, { run, pluginNames: plugins }: CommandDeps): void {
  program
    .command('serve')
    .description('answer the API of Clair, and keep the advisories of the database current')
    .option('--config <file>', 'a file as Clair has it; defaults and the environment without one')
    .addOption(
      new Option(
        '--log-level <level>',
        'how much is logged; log.level of the configuration, or info, without it',
      ).choices(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
    )
    .addOption(
      new Option(
        '--log-format <format>',
        'json, text, or auto: text on a terminal and json elsewhere; log.format of the configuration, or auto, without it',
      ).choices(['auto', 'json', 'text']),
    )
    .option('--cpu-profile <file>', 'write at the end where the time went, as V8 tells it')
    .option('--insecure-tls', 'do not verify the certificates of servers that layers are fetched from')
    .addHelpText(
      'after',
      `
On the port of the health check (6061): GET /health, /ready, /metrics, /status.

Example:
  clair serve --config /etc/clair/config.yaml
  clair -config=/etc/clair/config.yaml -log-level=debug     the same, as Clair is started`,
    )
    .action((options: ServeCommandOptions) =>
      run(runServer({ ...options, plugins: plugins, optionVariables: variablesOfOptions(program) })),
    );
}

/** What the server is told, and whether to watch it. */
interface ServeCommandOptions extends ServeOptions {
  readonly cpuProfile?: string;
}

async function runServer({ cpuProfile, ...options }: ServeCommandOptions): Promise<number> {
  const { serve } = await import('../serve.ts');
  if (cpuProfile === undefined) return await serve(options);
  const { withCpuProfile } = await import('../cpu-profile.ts');
  return await withCpuProfile(cpuProfile, () => serve(options));
}
