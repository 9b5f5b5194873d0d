/** A target that was set before the implementation, and its result, such as `T4`: at least 2.8 times as fast. */
export interface Target {
  readonly name: `${'T' | 'S'}${number}`;
  readonly what: string;
  readonly limit: number;
  readonly isLeast?: true;
  readonly measured: number;
  /** Unit of limit and result, such as `MB`. */
  readonly unit?: string;
}

/** Returns the targets as rows of a Markdown table. Omits targets that could not be measured because another tool is not installed. */
export function targetTable(targets: readonly Target[]): string {
  const rows = targets
    .filter(({ measured }) => !Number.isNaN(measured))
    .map(({ name, what, limit, isLeast, measured, unit = '×' }) => {
      const isMet = isLeast ? measured >= limit : measured <= limit;
      const digits = unit === 'MB' ? 0 : 2;
      return `| ${name} | ${what} | ${isLeast ? '≥' : '≤'} ${limit} ${unit} | ${measured.toFixed(digits)} | ${isMet ? 'yes' : '**no**'} |`;
    });
  return ['| | target | | here | met |', '|---|---|---|---:|---|', ...rows, ''].join('\n');
}
