import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { apiDocument } from '../src/api/document.ts';
import { freshMetrics } from '../src/api/metrics.ts';
import { settings } from '../src/cli/config.ts';
import { plug } from '../src/cli/plugged.ts';
import { commandLine } from '../src/cli/program/program.ts';
import { configReference } from '../src/config/config-reference.ts';
import { extensionsPage } from './extensions-page.ts';

/**
 * The pages of the reference that are made from what they describe: path → text. `npm run reference` writes them, and a test finds the
 * page that is no longer true.
 */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/reference/configuration.md', configReference(settings)],
    ['docs/reference/command-line.md', await commandReference()],
    ['docs/reference/extensions.md', extensionsPage()],
    ['docs/reference/metrics.md', await metricsReference()],
    // Of a server that asks for tokens.
    ['docs/reference/openapi.json', `${JSON.stringify(apiDocument(true), null, 2)}\n`],
  ]);
}

async function commandReference(): Promise<string> {
  await using plugged = await plug([], '.');
  const program = commandLine('', { plugged, names: [], run: async () => undefined });
  const sections = [...commandsOf(program, '')].map(
    ({ name, command }) => `## ${name}\n\n\`\`\`\n${helpOf(command)}\n\`\`\`\n`,
  );
  return `# The command line\n\nWhat \`--help\` of each command says.\n\n${sections.join('\n')}`;
}

/** A command and all below it that does something. */
function* commandsOf(command: Command, above: string): Generator<{ name: string; command: Command }> {
  const name = `${above} ${command.name()}`.trim();
  if (above === '' || command.commands.length === 0) yield { name, command };
  for (const below of command.commands) yield* commandsOf(below, name);
}

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
  const text = await freshMetrics().write({ feeds: [], reading: { busy: 0, waiting: 0 } });
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
