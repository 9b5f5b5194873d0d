/**
 * A vector of CVSS 4.0 §7: the eleven base metrics, then threat, environmental and supplemental ones, each at most once and in this order.
 */
const vector4 = new RegExp(
  [
    '^CVSS:4\\.0/AV:(?<AV>[NALP])/AC:(?<AC>[LH])/AT:(?<AT>[NP])/PR:(?<PR>[NLH])/UI:(?<UI>[NPA])',
    '/VC:(?<VC>[HLN])/VI:(?<VI>[HLN])/VA:(?<VA>[HLN])/SC:(?<SC>[HLN])/SI:(?<SI>[HLN])/SA:(?<SA>[HLN])',
    '(?:/E:[XAPU])?(?:/CR:[XHML])?(?:/IR:[XHML])?(?:/AR:[XHML])?',
    '(?:/MAV:[XNALP])?(?:/MAC:[XLH])?(?:/MAT:[XNP])?(?:/MPR:[XNLH])?(?:/MUI:[XNPA])?',
    '(?:/MVC:[XNLH])?(?:/MVI:[XNLH])?(?:/MVA:[XNLH])?(?:/MSC:[XNLH])?(?:/MSI:[XNLHS])?(?:/MSA:[XNLHS])?',
    '(?:/S:[XNP])?(?:/AU:[XNY])?(?:/R:[XAUI])?(?:/V:[XDC])?(?:/RE:[XLMH])?(?:/U:(?:X|Clear|Green|Amber|Red))?$',
  ].join(''),
);

/** The number of steps from the worst value of a metric to a value. */
const steps: Readonly<Record<string, string>> = {
  AV: 'NALP',
  AC: 'LH',
  AT: 'NP',
  PR: 'NLH',
  UI: 'NPA',
  VC: 'HLN',
  VI: 'HLN',
  VA: 'HLN',
  SC: 'HLN',
  SI: 'HLN',
  SA: 'HLN',
};

type Metric = 'AV' | 'AC' | 'AT' | 'PR' | 'UI' | 'VC' | 'VI' | 'VA' | 'SC' | 'SI' | 'SA';

/** The steps of each metric of a vector. */
type Levels = (metric: Metric) => number;

/** The worst vectors of one level of a group of metrics, as steps, and the depth of the level in steps. */
interface Level {
  readonly worst: readonly (readonly number[])[];
  readonly depth: number;
}

/** Metrics that are scored together (an "equivalence class"): CVSS 4.0 §8.2, tables 24 to 30. */
interface Group {
  readonly metrics: readonly Metric[];
  readonly levels: readonly Level[];
}

const exploitability: Group = {
  metrics: ['AV', 'PR', 'UI'],
  levels: [
    { worst: [[0, 0, 0]], depth: 1 },
    { worst: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], depth: 4 }, // biome-ignore format: one line a level
    { worst: [[3, 0, 0], [1, 1, 1]], depth: 5 }, // biome-ignore format: one line a level
  ],
};

const complexity: Group = {
  metrics: ['AC', 'AT'],
  levels: [
    { worst: [[0, 0]], depth: 1 },
    { worst: [[1, 0], [0, 1]], depth: 2 }, // biome-ignore format: one line a level
  ],
};

/** Levels for a base score: without requirements, `VC`, `VI` and `VA` decide both EQ3 and EQ6. */
const vulnerableSystem: Group = {
  metrics: ['VC', 'VI', 'VA'],
  levels: [
    { worst: [[0, 0, 0]], depth: 7 },
    { worst: [[1, 0, 0], [0, 1, 0]], depth: 8 }, // biome-ignore format: one line a level
    { worst: [[1, 1, 1]], depth: 10 },
  ],
};

const subsequentSystem: Group = {
  metrics: ['SC', 'SI', 'SA'],
  levels: [
    { worst: [[0, 0, 0]], depth: 5 },
    { worst: [[1, 1, 1]], depth: 4 },
  ],
};

/**
 * FIRST's scores of the macro vectors that a base score needs, a row per level of exploitability and complexity. Each row has a pair
 * (subsequent system affected highly, or not) for each of EQ3 and EQ6 = 00, 01, 10, 11, 21.
 */
const macroScores: readonly (readonly number[])[] = [
  [10, 9.3, 9.6, 9, 9.3, 8.8, 9.2, 8, 7.9, 6.9],
  [9.5, 9.2, 9.1, 8.1, 9.2, 8.4, 8.2, 7, 7.1, 6.3],
  [9.4, 8.7, 8.9, 7.5, 8.6, 7.2, 7.6, 5.7, 6.5, 5.3],
  [9, 7.7, 7.7, 6.6, 7.4, 6.1, 5.9, 5.2, 5.8, 2.3],
  [8.6, 7, 7.4, 5.4, 7.2, 5.3, 5.7, 3.6, 4.7, 2.4],
  [7.3, 5.4, 5.5, 4.3, 6.1, 4.6, 5.1, 1.8, 2.4, 1],
];

/** Columns of `macroScores` for the levels of the vulnerable system, and for the next lower levels of each. The highest of those counts. */
const vulnerableColumns = [0, 2, 4] as const;
const columnsBelow: readonly (readonly number[])[] = [[1, 2], [3], []];

/**
 * Returns the base score (CVSS-B) of a CVSS 4.0 vector. Its threat and environmental metrics are ignored. Undefined for any other text.
 * Source: FIRST, CVSS 4.0 specification §8.
 */
export function baseScore4(vector: string): number | undefined {
  const values = vector4.exec(vector)?.groups;
  if (values === undefined) return undefined;
  const level: Levels = (metric) => (steps[metric] ?? '').indexOf(values[metric] ?? '');
  if (hasNoImpact(level)) return 0;
  const levels = levelsOf(level);
  const score = macroScore(levels) ?? 0;
  // Round exact halves up, as FIRST does in decimals: binary fractions may be slightly too small.
  return Math.round((score - meanDistance(levels, score, level)) * 10 + 1e-6) / 10;
}

function hasNoImpact(level: Levels): boolean {
  return (['VC', 'VI', 'VA', 'SC', 'SI', 'SA'] as const).every((metric) => level(metric) === 2);
}

/** The level of each group: EQ1, EQ2, EQ3 with EQ6, EQ4. */
interface MacroVector {
  readonly exploitability: number;
  readonly complexity: number;
  readonly vulnerable: number;
  readonly subsequent: number;
}

function levelsOf(level: Levels): MacroVector {
  const isWorst = (metric: Metric): boolean => level(metric) === 0;
  return {
    exploitability: exploitabilityOf(isWorst, level),
    complexity: isWorst('AC') && isWorst('AT') ? 0 : 1,
    vulnerable: isWorst('VC') && isWorst('VI') ? 0 : (['VC', 'VI', 'VA'] as const).some(isWorst) ? 1 : 2,
    subsequent: (['SC', 'SI', 'SA'] as const).some(isWorst) ? 0 : 1,
  };
}

/** EQ1. Physical access is the hardest level, whatever the other two metrics are. */
function exploitabilityOf(isWorst: (metric: Metric) => boolean, level: Levels): number {
  const metrics = ['AV', 'PR', 'UI'] as const;
  if (metrics.every(isWorst)) return 0;
  return metrics.some(isWorst) && level('AV') !== 3 ? 1 : 2;
}

function macroScore(
  { exploitability, complexity, vulnerable, subsequent }: MacroVector,
  column: number = vulnerableColumns[vulnerable] ?? 0,
): number | undefined {
  if (complexity > 1 || subsequent > 1) return undefined;
  return macroScores[exploitability * 2 + complexity]?.[column * 2 + subsequent];
}

/**
 * The mean reduction of the score over all groups with a lower level. For each it is the difference of the scores times the share of steps
 * towards that level. The fifth group, `E`, is at its worst: it has a lower level and no steps towards it.
 */
function meanDistance(levels: MacroVector, score: number, level: Levels): number {
  const below = columnsBelow[levels.vulnerable] ?? [];
  const ways: [Group, number, number | undefined][] = [
    [
      exploitability,
      levels.exploitability,
      macroScore({ ...levels, exploitability: levels.exploitability + 1 }),
    ],
    [complexity, levels.complexity, macroScore({ ...levels, complexity: levels.complexity + 1 })],
    [vulnerableSystem, levels.vulnerable, highest(below.map((column) => macroScore(levels, column) ?? 0))],
    [subsequentSystem, levels.subsequent, macroScore({ ...levels, subsequent: levels.subsequent + 1 })],
  ];
  const gone = ways.flatMap(([group, at, lower]) =>
    lower === undefined ? [] : [(score - lower) * shareOf(group, at, level)],
  );
  return gone.reduce((sum, way) => sum + way, 0) / (gone.length + 1);
}

function highest(scores: readonly number[]): number | undefined {
  return scores.length === 0 ? undefined : Math.max(...scores);
}

/** The share of its level's depth that a vector has covered, from the first of the worst vectors that is milder in no metric. */
function shareOf({ metrics, levels }: Group, at: number, level: Levels): number {
  const { worst, depth } = levels[at] as Level;
  const reached = metrics.map(level);
  const from = worst.find((values) => values.every((value, index) => (reached[index] ?? 0) >= value)) ?? [];
  return reached.reduce((sum, value, index) => sum + value - (from[index] ?? 0), 0) / depth;
}
