import type { Command, Option } from 'commander';
import { ClairError } from '../../core/errors.ts';
import { closestMatch } from '../../kit/closest-match.ts';
import { isJsonObject } from '../../kit/json/shape-checks.ts';
import { readYaml, type YamlFile } from '../../suppression-files/yaml-file.ts';
import { readInputFile } from '../read-file.ts';
import { configurableOptions, isRepeatable } from './option-sources.ts';

/** The values of an option in a file. */
export interface FileOption {
  readonly option: Option;
  readonly values: readonly string[];
  /** `clair.yaml:3`, with the name of the option. */
  readonly place: string;
}

/**
 * Reads an option file. Options at the top apply to all commands; those below the name of a command override them. Throws one
 * `config-invalid` that lists all problems, also those of other commands.
 */
export async function readOptionFile(
  name: string,
  command: Command,
  options: readonly Option[],
): Promise<FileOption[]> {
  const bytes = await readInputFile(name, { limit: 'optionFileBytes', code: 'config-invalid' });
  const yaml = readYaml(name, bytes.toString('utf8'), { isStrict: true });
  const problems: string[] = [];
  const values = new Map<string, FileOption>();
  const commands = commandsByName(rootOf(command));
  for (const { part: section, key, value } of entriesOf(yaml, commands, problems)) {
    const path = [...section.path, key];
    if (section.optionNames.includes(key))
      addValue(key, value, { yaml, path, options: section.isFor(command) ? options : [], values, problems });
    else problems.push(unknownOptionText(yaml, path, [...section.optionNames, ...section.sections]));
  }
  if (problems.length > 0)
    throw new ClairError(
      'config-invalid',
      `${name} cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
  return [...values.values()];
}

/** A section of an option file. */
interface OptionSection {
  readonly path: readonly string[];
  readonly optionNames: readonly string[];
  /** The names of its subsections. */
  readonly sections: readonly string[];
  isFor(command: Command): boolean;
}

/** Returns the sections in ascending precedence: that of all commands, then those of single commands. */
function sectionsOf(commands: ReadonlyMap<string, Command>): OptionSection[] {
  const all = [...commands.values()].flatMap((one) => fileOptions(one).map(nameOf));
  return [
    { path: [], optionNames: [...new Set(all)], sections: [...commands.keys()], isFor: () => true },
    ...Array.from(commands, ([name, one]) => ({
      path: [name],
      optionNames: fileOptions(one).map(nameOf),
      sections: [],
      isFor: (command: Command) => command === one,
    })),
  ];
}

/** Returns all options of a file, each with its section. */
function entriesOf(
  yaml: YamlFile,
  commands: ReadonlyMap<string, Command>,
  problems: string[],
): { readonly part: OptionSection; readonly key: string; readonly value: unknown }[] {
  return sectionsOf(commands).flatMap((section) =>
    membersOf(yaml, section.path, problems)
      .filter(([key, value]) => section.path.length > 0 || !isSection(key, value, commands))
      .map(([key, value]) => ({ part: section, key, value })),
  );
}

/** Returns whether a key is a section. A command and an option can have the same name: `vex`. */
function isSection(key: string, value: unknown, commands: ReadonlyMap<string, Command>): boolean {
  return commands.has(key) && (value === null || isJsonObject(value));
}

interface OptionValueDeps {
  readonly yaml: YamlFile;
  readonly path: readonly string[];
  readonly options: readonly Option[];
  readonly values: Map<string, FileOption>;
  readonly problems: string[];
}

function addValue(
  key: string,
  value: unknown,
  { yaml, path, options, values: collected, problems }: OptionValueDeps,
): void {
  const place = yaml.place(path);
  const option = options.find((one) => nameOf(one) === key);
  const isFlag = option !== undefined && !option.required && !option.optional;
  const values = textsOf(value);
  if (values === undefined) problems.push(`${place} ${key} takes a text, a number, true or false, or a list`);
  else if (option === undefined) return;
  else if (isFlag && typeof value !== 'boolean') problems.push(`${place} ${key} takes true or false`);
  else if (values.length !== 1 && !isRepeatable(option)) problems.push(`${place} ${key} takes one value`);
  else collected.set(key, { option, values, place: `${place} ${key}` });
}

function textsOf(value: unknown): string[] | undefined {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  const texts = items.flatMap((item) =>
    typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean' ? [String(item)] : [],
  );
  return texts.length === items.length ? texts : undefined;
}

function membersOf(yaml: YamlFile, path: readonly string[], problems: string[]): [string, unknown][] {
  const value = path.reduce<unknown>(
    (above, key) => (isJsonObject(above) ? above[key] : undefined),
    yaml.value,
  );
  if (value === null || value === undefined) return [];
  if (isJsonObject(value)) return Object.entries(value);
  if (path.length === 0)
    problems.push(`${yaml.place(path)} must contain options by name, such as format: json`);
  return [];
}

function unknownOptionText(yaml: YamlFile, path: readonly string[], known: readonly string[]): string {
  const key = path.at(-1) ?? '';
  const like = closestMatch(key, known);
  const where = path.length > 1 ? ` of ${path.slice(0, -1).join(' ')}` : '';
  const hint = like === undefined ? '' : `; did you mean ${like}?`;
  return `${yaml.place(path)} there is no option ${JSON.stringify(key.slice(0, 80))}${where}${hint}`;
}

function fileOptions(command: Command): Option[] {
  return configurableOptions(command).filter((option) => option.name() !== 'config');
}

function nameOf(option: Option): string {
  return option.name();
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

/** Returns the commands that read an option file, by full name: `scan`, `db update`. */
function commandsByName(root: Command, above = ''): ReadonlyMap<string, Command> {
  const found = new Map<string, Command>();
  for (const command of root.commands) {
    const name = `${above} ${command.name()}`.trim();
    if (configurableOptions(command).length > 0) found.set(name, command);
    for (const [below, one] of commandsByName(command, name)) found.set(below, one);
  }
  return found;
}
