/** What was wanted before anything was written, and what came of it: `T4`, at least 2.8 times as fast as something. */
export interface Target {
  readonly name: `T${number}`;
  readonly what: string;
  readonly limit: number;
  readonly isLeast?: true;
  readonly measured: number;
  /** Of limit and figure: `MB`. */
  readonly unit?: string;
}

/** The targets as rows of a Markdown table. What could not be measured, because a peer was not there, has no row. */
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
