import { Option } from 'commander';

/** An option that also states whether it is repeatable and which values a shell can complete. */
export class CliOption extends Option {
  /** Whether the option can occur several times. Its environment variable then separates values by commas. */
  isRepeatable = false;
  /** Values that a shell completes. */
  suggestions: readonly string[] = [];

  /** Collects the values of all occurrences. `parse` may return several values of one occurrence. */
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
