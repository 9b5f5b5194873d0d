import { Option } from 'commander';

/** An option of the command line that says more of itself than commander keeps: whether it repeats, and which values it takes. */
export class CliOption extends Option {
  /** May be given several times; a variable of the environment then holds values with commas between them. */
  isRepeatable = false;
  /** Values that a shell can complete. */
  suggestions: readonly string[] = [];

  /** Collects the values of all occurrences, each parsed on its own; one may hold several. */
  repeatable<T>(parse: (value: string) => T | readonly T[]): this {
    this.isRepeatable = true;
    return this.argParser<readonly T[] | undefined>(
      (value, before) => [before ?? [], parse(value)].flat() as T[],
    );
  }

  suggest(values: readonly string[]): this {
    this.suggestions = values;
    return this;
  }
}
