import type { Command, Option } from 'commander';
import { ClairError } from '../../kit/errors.ts';
import { nearest } from '../../kit/nearest.ts';
import { readYaml, type YamlText } from '../../policy/yaml-text.ts';
import { readWhole } from '../read-file.ts';
import { isRepeatable, optionsElsewhere } from './option-sources.ts';

/** What a file gives to an option of a command. */
export interface FileOption {
  readonly option: Option;
  readonly values: readonly string[];
  /** `clair.yaml:3`, with the name of the option. */
  readonly place: string;
}

/**
 * Reads a file of options: options of all commands at the top, those of one command below its name, which count before the former.
 * Throws one `config-invalid` that lists everything that is wrong, in the parts of other commands, too.
 */
export async function readOptionFile(
  name: string,
  command: Command,
  options: readonly Option[],
): Promise<FileOption[]> {
  const bytes = await readWhole(name, { limit: 'optionFileBytes', code: 'config-invalid' });
  const yaml = readYaml(name, bytes.toString('utf8'), { isStrict: true });
  const problems: string[] = [];
  const given = new Map<string, FileOption>();
  const commands = commandsByName(rootOf(command));
  for (const { part, key, value } of entriesOf(yaml, commands, problems)) {
    const path = [...part.path, key];
    if (part.known.includes(key))
      take(key, value, { yaml, path, options: part.isFor(command) ? options : [], given, problems });
    else problems.push(unknown(yaml, path, [...part.known, ...part.sections]));
  }
  if (problems.length > 0)
    throw new ClairError(
      'config-invalid',
      `${name} cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
  return [...given.values()];
}

/** Options that stand together in a file, and the commands they are for. */
interface Part {
  readonly path: readonly string[];
  readonly known: readonly string[];
  /** The names of sections that may stand there as well. */
  readonly sections: readonly string[];
  isFor(command: Command): boolean;
}

/** What is said for all commands, then what is said for one. */
function partsOf(commands: ReadonlyMap<string, Command>): Part[] {
  const all = [...commands.values()].flatMap((one) => fileOptions(one).map(nameOf));
  return [
    { path: [], known: [...new Set(all)], sections: [...commands.keys()], isFor: () => true },
    ...Array.from(commands, ([name, one]) => ({
      path: [name],
      known: fileOptions(one).map(nameOf),
      sections: [],
      isFor: (command: Command) => command === one,
    })),
  ];
}

/** Everything that a file gives to options, sections taken apart. */
function entriesOf(
  yaml: YamlText,
  commands: ReadonlyMap<string, Command>,
  problems: string[],
): { readonly part: Part; readonly key: string; readonly value: unknown }[] {
  return partsOf(commands).flatMap((part) =>
    membersOf(yaml, part.path, problems)
      .filter(([key, value]) => part.path.length > 0 || !isSection(key, value, commands))
      .map(([key, value]) => ({ part, key, value })),
  );
}

/** A command and an option may have the same name: `vex`. */
function isSection(key: string, value: unknown, commands: ReadonlyMap<string, Command>): boolean {
  return commands.has(key) && (value === null || isObject(value));
}

interface Taking {
  readonly yaml: YamlText;
  readonly path: readonly string[];
  readonly options: readonly Option[];
  readonly given: Map<string, FileOption>;
  readonly problems: string[];
}

function take(key: string, value: unknown, { yaml, path, options, given, problems }: Taking): void {
  const place = yaml.place(path);
  const option = options.find((one) => nameOf(one) === key);
  const isFlag = option !== undefined && !option.required && !option.optional;
  const values = textsOf(value);
  if (values === undefined) problems.push(`${place} ${key} takes a text, a number, true or false, or a list`);
  else if (option === undefined) return;
  else if (isFlag && typeof value !== 'boolean') problems.push(`${place} ${key} takes true or false`);
  else if (values.length !== 1 && !isRepeatable(option)) problems.push(`${place} ${key} takes one value`);
  else given.set(key, { option, values, place: `${place} ${key}` });
}

function textsOf(value: unknown): string[] | undefined {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  const texts = items.flatMap((item) =>
    typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean' ? [String(item)] : [],
  );
  return texts.length === items.length ? texts : undefined;
}

function membersOf(yaml: YamlText, path: readonly string[], problems: string[]): [string, unknown][] {
  const value = path.reduce<unknown>((above, key) => (isObject(above) ? above[key] : undefined), yaml.value);
  if (value === null || value === undefined) return [];
  if (isObject(value)) return Object.entries(value);
  if (path.length === 0)
    problems.push(`${yaml.place(path)} has to have options by their names, as format: json`);
  return [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknown(yaml: YamlText, path: readonly string[], known: readonly string[]): string {
  const key = path.at(-1) ?? '';
  const like = nearest(key, known);
  const where = path.length > 1 ? ` of ${path.slice(0, -1).join(' ')}` : '';
  const hint = like === undefined ? '' : `; did you mean ${like}?`;
  return `${yaml.place(path)} there is no option ${JSON.stringify(key.slice(0, 80))}${where}${hint}`;
}

function fileOptions(command: Command): Option[] {
  return optionsElsewhere(command).filter((option) => option.name() !== 'config');
}

function nameOf(option: Option): string {
  return option.name();
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

/** The commands that take options from a file, by their names: `scan`, `db update`. */
function commandsByName(root: Command, above = ''): ReadonlyMap<string, Command> {
  const found = new Map<string, Command>();
  for (const command of root.commands) {
    const name = `${above} ${command.name()}`.trim();
    if (optionsElsewhere(command).length > 0) found.set(name, command);
    for (const [below, one] of commandsByName(command, name)) found.set(below, one);
  }
  return found;
}
