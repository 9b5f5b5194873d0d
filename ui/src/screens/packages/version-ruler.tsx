import type { JSX } from 'preact';
import type { PackageRange, PackageVersions } from '../../api/lists.ts';
import { severityRank } from '../../severity.ts';
import { texts } from '../../texts.ts';

const left = 12;
const columnWidth = 128;
const rowHeight = 18;
const headHeight = 64;
/** Bars that are drawn; the table has all ranges. */
const barsMax = 40;
const versionChars = 19;
/** Width of a character of an id, about. */
const charWidth = 6.4;
const narrowest = 320;

/** Versions as a strip, with a bar for each range that covers some of them. The tables beside it have the same content. */
export function VersionRuler({ data }: { readonly data: PackageVersions }): JSX.Element {
  const { versions } = data;
  const bars = data.ranges
    .filter(({ from, to }) => from !== null && to !== null)
    .toSorted((a, b) => severityRank(a.severity) - severityRank(b.severity))
    .slice(0, barsMax);
  const width = Math.max(narrowest, left * 2 + versions.length * columnWidth);
  const height = headHeight + bars.length * rowHeight + 8;
  const most = Math.max(1, ...versions.map(({ images }) => images));
  return (
    // A long strip scrolls, so it can have the focus.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll it.
    <div class="scroll" role="region" aria-label={texts.ruler.ranges} tabIndex={0}>
      <svg class="ruler" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        <line class="grid" x1={left} x2={width - left} y1={headHeight - 18} y2={headHeight - 18} />
        {versions.map(({ version, images }, index) => {
          const x = left + (index + 0.5) * columnWidth;
          return (
            <g key={version}>
              <line class="grid" x1={x} x2={x} y1={headHeight - 18} y2={height} />
              <circle class="version" cx={x} cy={headHeight - 18} r={4 + 6 * Math.sqrt(images / most)} />
              <text x={x} y={14} text-anchor="middle">
                {cut(version, versionChars)}
              </text>
              <text class="small" x={x} y={30} text-anchor="middle">
                {images}
              </text>
            </g>
          );
        })}
        {bars.map((range, index) => (
          <Bar key={`${range.id} ${range.source} ${range.from} ${range.to}`} range={range} index={index} />
        ))}
      </svg>
    </div>
  );
}

function Bar({ range, index }: { readonly range: PackageRange; readonly index: number }): JSX.Element {
  const x = left + (range.from ?? 0) * columnWidth + 8;
  const end = left + ((range.to ?? 0) + 1) * columnWidth - 8;
  const y = headHeight + index * rowHeight;
  return (
    <g class={`bar severity-${range.severity.toLowerCase()}`}>
      <rect x={x} y={y} width={end - x} height={rowHeight - 4} rx={3} />
      <text class="small" x={x + 5} y={y + 11}>
        {cut(range.id, Math.floor((end - x - 10) / charWidth))}
      </text>
    </g>
  );
}

function cut(text: string, charsMax: number): string {
  return text.length > charsMax ? `${text.slice(0, charsMax - 1)}…` : text;
}
