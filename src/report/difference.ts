import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type { ComparedFinding, ComparedPackage, ComparedSide, Difference } from '../model/difference.ts';
import type { Display } from '../plugin/report-format.ts';
import { fixCell, pluralize } from './report-text.ts';
import { padText, paint, type Style, textWidth } from './terminal-text.ts';

/** Renders a difference for a terminal: added and removed packages and findings, in aligned columns. */
export function* differenceLines(
  { from, to, packages, findings }: Difference,
  display: Display,
): Iterable<string> {
  yield `from  ${sideText(from)}\n`;
  yield `to    ${sideText(to)}\n\n`;
  const { came, went, changed } = packages;
  yield `${paint(`Packages: ${came.length} added, ${went.length} removed, ${changed.length} changed`, 'bold', display)}\n`;
  yield* signedLines(
    [
      ...came.map((item) => line('+', packageCells(item))),
      ...went.map((item) => line('-', packageCells(item))),
      ...changed.map(({ type, name, from: before, to: after }) =>
        line('~', [name, `${before.join(', ')} → ${after.join(', ')}`, type]),
      ),
    ],
    display,
  );
  const { came: fresh, went: gone, stayed } = findings;
  yield `\n${paint(`Findings: ${fresh.length} added, ${gone.length} removed, ${stayed} unchanged`, 'bold', display)}\n`;
  yield* signedLines(
    [
      ...fresh.map((finding) => line('+', findingCells(finding))),
      ...gone.map((finding) => line('-', findingCells(finding))),
    ],
    display,
  );
}

type Sign = '+' | '-' | '~';

interface Line {
  readonly sign: Sign;
  readonly cells: readonly string[];
}

function line(sign: Sign, cells: readonly string[]): Line {
  return { sign, cells: cells.map((cell) => escapeForTerminal(cell)) };
}

function sideText({ reference, packages, findings, verdict }: ComparedSide): string {
  return escapeForTerminal(
    `${reference}: ${pluralize(packages, 'package')}, ${pluralize(findings, 'finding')}, ${verdict.replace('-', ' ')}`,
  );
}

function packageCells({ type, name, versions }: ComparedPackage): string[] {
  return [name, versions.join(', '), type];
}

function findingCells({ id, severity, package: item, fix }: ComparedFinding): string[] {
  return [item.name, item.versions.join(', '), id, severity, fixCell(fix)];
}

/** Additions are red, because a new package or finding adds risk. Removals are green. */
const styles: Readonly<Record<Sign, Style>> = { '+': 'red', '-': 'green', '~': 'yellow' };

function* signedLines(lines: readonly Line[], display: Display): Iterable<string> {
  const widths = (lines[0]?.cells ?? []).map((_, i) =>
    lines.reduce((width, { cells }) => Math.max(width, textWidth(cells[i] ?? '')), 0),
  );
  for (const { sign, cells } of lines) {
    const padded = cells.map((cell, i) => padText(cell, widths[i] ?? 0));
    yield `  ${paint(sign, styles[sign], display)} ${padded.join('  ').trimEnd()}\n`;
  }
}
