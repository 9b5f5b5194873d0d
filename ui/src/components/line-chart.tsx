import type { JSX } from 'preact';
import { formatNumber } from '../format.ts';

/** A series of a stacked chart. */
export interface Series {
  readonly name: string;
  /** Class of its colour. */
  readonly colour: string;
  /** One value for each position. */
  readonly values: readonly number[];
}

interface StackedChartProps {
  readonly title: string;
  /** Labels of the positions, from left to right. */
  readonly labels: readonly string[];
  /** From the bottom up. */
  readonly series: readonly Series[];
}

const width = 720;
const height = 180;
/** Least space for the numbers of the axis, and the width of one of their digits. */
const [leftMin, digitWidth] = [48, 6.5];
const bottom = 22;
const top = 8;

/** Areas upon each other. A table beside it has the same numbers. */
export function StackedChart({ title, labels, series }: StackedChartProps): JSX.Element {
  const totals = labels.map((_, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0));
  const highest = niceMaximum(Math.max(1, ...totals));
  const left = Math.max(leftMin, formatNumber(highest).length * digitWidth + 8);
  const x = (index: number): number => left + (index / Math.max(1, labels.length - 1)) * (width - left - 4);
  const y = (value: number): number => height - bottom - (value / highest) * (height - bottom - top);
  const floors = labels.map(() => 0);
  const areas = series.map((one) => {
    const before = [...floors];
    for (const [index, value] of one.values.entries()) floors[index] = (floors[index] ?? 0) + value;
    const upper = floors.map((value, index) => `${x(index)},${y(value)}`);
    const lower = before.map((value, index) => `${x(index)},${y(value)}`).reverse();
    return { ...one, points: [...upper, ...lower].join(' ') };
  });
  return (
    <svg class="chart" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={title}>
      {[0, highest / 2, highest].map((value) => (
        <g key={value}>
          <line class="grid" x1={left} x2={width} y1={y(value)} y2={y(value)} />
          <text x={left - 6} y={y(value) + 4} text-anchor="end">
            {formatNumber(value)}
          </text>
        </g>
      ))}
      {areas.map(({ name, colour, points }) => (
        <polygon key={name} class={`area ${colour}`} points={points}>
          <title>{name}</title>
        </polygon>
      ))}
      <text x={left} y={height - 6}>
        {labels[0]}
      </text>
      <text x={width - 4} y={height - 6} text-anchor="end">
        {labels.at(-1)}
      </text>
    </svg>
  );
}

/** Returns a round number that is at least as high: 1, 2, 5 or 10 times a power of ten. */
function niceMaximum(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5, 10].find((one) => one * power >= value) ?? 10;
  return Math.max(2, factor * power);
}
