import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { createMetrics } from '../src/api/metrics.ts';
import { apiOpenApiDocument } from '../src/api/openapi-document.ts';
import { settings } from '../src/cli/config.ts';
import { loadExtensions } from '../src/cli/load-extensions.ts';
import { configurableOptions, isRepeatable, variableOfOption } from '../src/cli/program/option-sources.ts';
import { createProgram } from '../src/cli/program/program.ts';
import { configReference } from '../src/config/config-reference.ts';
import { extensionsPage } from './extensions-page.ts';
import { pluginTypesPage } from './plugin-types-page.ts';

/**
 * The pages of the reference that are made from what they describe: path → text. `npm run reference` writes them, and a test finds the
 * page that is no longer true.
 */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/reference/configuration.md', configReference(settings)],
    ['docs/reference/command-line.md', await commandReference()],
    ['docs/reference/extensions.md', extensionsPage()],
    ['docs/reference/plugin-types.md', pluginTypesPage()],
    ['docs/reference/metrics.md', await metricsReference()],
    // Of a server that asks for tokens.
    ['docs/reference/openapi.json', `${JSON.stringify(apiOpenApiDocument(true), null, 2)}\n`],
  ]);
}

async function commandReference(): Promise<string> {
  await using loaded = await loadExtensions([], '.');
  const program = createProgram('', { loaded, pluginNames: [], run: async () => undefined });
  const sections = [...commandsOf(program, '')].map(
    ({ name, command }) => `## ${name}\n\n\`\`\`\n${helpOf(command)}\n\`\`\`\n`,
  );
  const intro =
    '# The command line\n\nWhat `--help` of each command says, and where else its options may stand.\n';
  return [intro, ...sections, variablesOf(program)].join('\n');
}

/** A command and all below it that does something. */
function* commandsOf(command: Command, above: string): Generator<{ name: string; command: Command }> {
  const name = `${above} ${command.name()}`.trim();
  if (above === '' || command.commands.length === 0) yield { name, command };
  for (const below of command.commands) yield* commandsOf(below, name);
}

/** The options that may stand in the environment and in a file, with the commands that have them. */
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

An option that is not on the line is taken from its variable. One that has no variable is taken from the file that \`--config\` or
\`CLAIR_CONFIG\` names. No file is read without being named.

- A variable that is empty counts as not set. For an option without a value, write \`true\` or \`false\`.
- The file is YAML. Its keys are the names of options without dashes; they are for every command that has the option. What stands below
  the name of a command, as \`scan:\` or \`db update:\`, is for that command alone and counts before the former.
- An unknown key is an error that names the nearest one. Paths in the file are looked up from the working directory.
- \`--plugin\` stands on the line alone. \`clair serve\` and \`clair config\` take the variables of [the configuration](configuration.md) instead,
  and their \`--config\` is a file as Clair has it.

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
  const text = await createMetrics().render({ feeds: [], reading: { busy: 0, waiting: 0 } });
  const kinds = new Map(
    Array.from(text.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name, kind]) => [name, kind]),
  );
  const rows = Array.from(
    text.matchAll(/^# HELP (\S+) (.*)$/gm),
    ([, name = '', help]) => `| \`${name}\` | ${kinds.get(name)} | ${help} |\n`,
  );
  const intro =
    '`GET /metrics` on the port of the health check, and `GET /v1/metrics` on that of the API, tell these in the text format of Prometheus.\nThose that Clair had bear its names.';
  return `# Metrics\n\n${intro}\n\n| metric | kind | meaning |\n|---|---|---|\n${rows.sort().join('')}`;
}

if (import.meta.main) {
  for (const [path, text] of await referencePages()) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
