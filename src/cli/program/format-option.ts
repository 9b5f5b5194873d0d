import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { messageOf } from '../../core/errors.ts';
import type { ReportFormat } from '../../plugin/report-format.ts';
import { templateFormat } from '../../report/template.ts';
import { CliOption } from './cli-option.ts';

/** A report, SBOM or VEX format, by its name. */
export type NamedFormat = Pick<ReportFormat, 'name'>;

/** Returns the option `--format`: one of the formats, the first by default, or a template of the user. */
export function formatOption(formats: readonly NamedFormat[], isTemplatable = false): CliOption {
  const names = formats.map(({ name }) => name);
  const choices = isTemplatable ? [...names, 'template=F, a Mustache template'] : names;
  const list = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`;
  return new CliOption('-f, --format <format>', list)
    .suggest(names)
    .argParser((name) => {
      const format =
        isTemplatable && name.startsWith('template=')
          ? templateAt(name.slice('template='.length))
          : formats.find((candidate) => candidate.name === name);
      if (format === undefined) throw new InvalidArgumentError(`Formats are ${list}.`);
      return format;
    })
    .default(formats[0], names[0]);
}

/** Reads a template. Throws before the scan if it is invalid. */
function templateAt(path: string): ReportFormat {
  try {
    return templateFormat(path, readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InvalidArgumentError(`The template cannot be used: ${messageOf(error)}.`);
  }
}

/** Returns the option `--format` of commands that write a table, JSON, or one of `more`. */
export function plainFormatOption(more: readonly string[] = []): CliOption {
  const names = ['table', 'json', ...more];
  const list = `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
  return new CliOption('-f, --format <format>', list)
    .suggest(names)
    .argParser((name) => {
      if (!names.includes(name)) throw new InvalidArgumentError(`Formats are ${list}.`);
      return name;
    })
    .default('table', 'table');
}
