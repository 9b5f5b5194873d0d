import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { createMetrics } from '../src/api/metrics.ts';
import { apiOpenApiDocument } from '../src/api/openapi-document.ts';
import { settings } from '../src/cli/config.ts';
import { loadExtensions } from '../src/cli/load-extensions.ts';
import { addAllCommands } from '../src/cli/program/all-commands.ts';
import { configurableOptions, isRepeatable, variableOfOption } from '../src/cli/program/option-sources.ts';
import { createProgram } from '../src/cli/program/program.ts';
import { configReference } from '../src/config/config-reference.ts';
import { extensionsPage } from './extensions-page.ts';
import { newTablesModule } from './new-tables.ts';
import { pluginTypesPage } from './plugin-types-page.ts';

/**
 * Returns the generated files by path, most of which are pages of the reference. `npm run reference` writes them, and a repository test
 * detects outdated ones.
 */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/reference/configuration.md', configReference(settings)],
    ['docs/reference/command-line.md', await commandReference()],
    ['docs/reference/extensions.md', extensionsPage()],
    ['docs/reference/plugin-types.md', pluginTypesPage()],
    ['src/store/sql/dialect/sqlite-new-tables.ts', await newTablesModule()],
    ['docs/reference/metrics.md', await metricsReference()],
    // The document of a server with tokens.
    ['docs/reference/openapi.json', `${JSON.stringify(apiOpenApiDocument(true), null, 2)}\n`],
  ]);
}

async function commandReference(): Promise<string> {
  await using loaded = await loadExtensions([], '.');
  const program = createProgram('', { loaded, pluginNames: [], run: () => undefined }, addAllCommands);
  const sections = [...commandsOf(program, '')].map(
    ({ name, command }) => `## ${name}\n\n\`\`\`\n${helpOf(command)}\n\`\`\`\n`,
  );
  const intro =
    '# The command line\n\nThe `--help` of each command, and how to set options by variables and files.\n';
  return [intro, ...sections, variablesOf(program)].join('\n');
}

/** Yields a command and all its subcommands that can run. */
function* commandsOf(command: Command, above: string): Generator<{ name: string; command: Command }> {
  const name = `${above} ${command.name()}`.trim();
  if (above === '' || command.commands.length === 0) yield { name, command };
  for (const below of command.commands) yield* commandsOf(below, name);
}

/** Returns the section on options in environment variables and files, with the commands of each option. */
function variablesOf(program: Command): string {
  const options = new Map<string, { variable: string; commands: string[]; isRepeatable: boolean }>();
  for (const { name, command } of commandsOf(program, ''))
    for (const option of configurableOptions(command)) {
      const found = options.get(option.name()) ?? {
        variable: variableOfOption(option),
        commands: [],
        isRepeatable: isRepeatable(option),
      };
      found.commands.push(name.replace(/^clair /, ''));
      options.set(option.name(), found);
    }
  const rows = [...options]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, { variable, commands, isRepeatable: isList }]) =>
        `| \`--${name}\` | \`${variable}\`${isList ? ', several with commas' : ''} | ${commands.join(', ')} |\n`,
    );
  return `${variablesIntro}\n| option | variable | commands |\n|---|---|---|\n${rows.join('')}`;
}

const variablesIntro = `## Variables and files

If an option is not on the command line, Clair reads its environment variable. If the variable is not set, Clair reads the file that
\`--config\` or \`CLAIR_CONFIG\` names. Clair reads no file that is not named.

- An empty variable counts as not set. For an option without a value, write \`true\` or \`false\`.
- A variable that resembles one of an option, such as \`CLAIR_FAIL_OM\`, is an error. Clair notes other variables that begin with \`CLAIR_\`
  and set nothing. Those of [registries](../registries.md), of [the server](configuration.md) and of Kubernetes are not checked.
- The file is YAML. A key is the name of an option without dashes, and applies to every command with that option. Keys below the name of
  a command, such as \`scan:\` or \`db update:\`, apply to that command alone and take precedence.
- An unknown key is an error that suggests the closest key. Paths in the file are relative to the working directory.
- \`--plugin\` works only on the command line. \`clair serve\` and \`clair config\` read the variables of
  [the configuration](configuration.md) instead, and their \`--config\` is the configuration file of the server.

\`\`\`yaml
db: /var/cache/clair/clair.db
timeout: 5m
scan:
  fail-on: high
  ignore: [rules.yaml]
\`\`\`
`;

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
    getOutHelpWidth: () => 120,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trim();
}

async function metricsReference(): Promise<string> {
  const text = await createMetrics().render({
    feeds: [],
    jobs: [],
    reading: { busy: 0, waiting: 0 },
    walks: [],
    now: new Date(0),
  });
  const kinds = new Map(
    Array.from(text.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name, kind]) => [name, kind]),
  );
  const rows = Array.from(
    text.matchAll(/^# HELP (\S+) (.*)$/gm),
    ([, name = '', help]) => `| \`${name}\` | ${kinds.get(name)} | ${help} |\n`,
  );
  const intro =
    '`GET /metrics` on the port of the health check and `GET /v1/metrics` on the port of the API return these metrics in the text format of\nPrometheus. Metrics of the original Clair keep their names.';
  return `# Metrics\n\n${intro}\n\n| metric | kind | meaning |\n|---|---|---|\n${rows.sort().join('')}`;
}

if (import.meta.main) {
  for (const [path, text] of await referencePages()) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
