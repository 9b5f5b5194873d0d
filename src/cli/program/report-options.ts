import type { Command } from 'commander';
import { ClairError } from '../../core/errors.ts';
import type { Destination } from '../output.ts';
import { formatOption, type NamedFormat } from './format-option.ts';

/** An occurrence of `--format` or of `--output`. */
type Occurrence<Format> = { readonly format: Format } | { readonly output: string };

/** Options of `addReportOptions`. */
interface ReportOptions<Format> {
  readonly formats: readonly Format[];
  /** The result that `--output` writes, for the help: `the report`. */
  readonly what: string;
  readonly isTemplatable?: boolean;
}

/**
 * Adds `--format` and `--output` to a command. Returns a function that reads the destinations after parsing. Each `--output` belongs to the
 * preceding `--format`. The function throws `usage` for ambiguous pairs.
 */
export function addReportOptions<Format extends NamedFormat>(
  command: Command,
  { formats, what, isTemplatable = false }: ReportOptions<Format>,
): () => Destination<Format>[] {
  const occurrences: Occurrence<Format>[] = [];
  const format = formatOption(formats, isTemplatable);
  const parse = format.parseArg as (value: string, before: unknown) => Format;
  format.argParser((value, before) => {
    const parsed = parse(value, before);
    occurrences.push({ format: parsed });
    return parsed;
  });
  command
    .addOption(format)
    .option(
      '-o, --output <file>',
      `write ${what} to a file; creates missing directories. Belongs to the preceding --format`,
      (output: string) => {
        occurrences.push({ output });
        return output;
      },
    );
  return () => destinationsOf(occurrences, formats);
}

function destinationsOf<Format extends NamedFormat>(
  occurrences: readonly Occurrence<Format>[],
  formats: readonly Format[],
): Destination<Format>[] {
  const [fallback] = formats;
  if (fallback === undefined) throw new Error('a command has no format');
  const destinations = occurrences.some((one) => 'format' in one)
    ? paired(isReversedPair(occurrences) ? occurrences.toReversed() : occurrences)
    : paired([{ format: fallback }, ...occurrences]);
  const onStandardOutput = destinations.filter(({ output }) => output === undefined);
  if (onStandardOutput.length > 1)
    throw new ClairError(
      'usage',
      `${onStandardOutput.map((one) => one.format.name).join(' and ')} cannot both go to standard output: give --output after each --format but one`,
    );
  const files = destinations.flatMap(({ output }) => output ?? []);
  const twice = files.find((file, i) => files.indexOf(file) !== i);
  if (twice !== undefined)
    throw new ClairError('usage', `--output names ${twice} twice: give each --format a file of its own`);
  refuseFormatAsFile(files, formats);
  return destinations;
}

/** Refuses the name of a format as that of a file: other programs take the format in `-o`. */
function refuseFormatAsFile(files: readonly string[], formats: readonly NamedFormat[]): void {
  const name = files.find((file) => formats.some((format) => format.name === file));
  if (name !== undefined)
    throw new ClairError(
      'usage',
      `--output takes a file, and ${name} is a format: write --format ${name}, or --output ./${name} for a file of that name`,
    );
}

/** Returns whether a single `--output` precedes a single `--format`, which is allowed. */
function isReversedPair(occurrences: readonly Occurrence<unknown>[]): boolean {
  const [first, second] = occurrences;
  return occurrences.length === 2 && first !== undefined && 'output' in first && second !== undefined;
}

function paired<Format>(occurrences: readonly Occurrence<Format>[]): Destination<Format>[] {
  const destinations: Destination<Format>[] = [];
  for (const one of occurrences) {
    if ('format' in one) {
      destinations.push(one);
      continue;
    }
    const last = destinations.pop();
    if (last === undefined || last.output !== undefined)
      throw new ClairError(
        'usage',
        `--output ${one.output} has no --format before it: write --format X --output ${one.output}`,
      );
    destinations.push({ ...last, ...one });
  }
  return destinations;
}
