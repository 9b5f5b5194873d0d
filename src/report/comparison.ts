import { escapeForTerminal } from '../kit/untrusted-text.ts';
import type { Comparison, ComparisonDifference, PeerComparison } from '../model/comparison.ts';
import type { Display } from '../plugin/report-format.ts';
import { pluralize } from './report-text.ts';
import { padText, paint, textWidth } from './terminal-text.ts';

/** Renders a comparison for a terminal: for each other report its counts, the rules that explain differences, and all differences. */
export function* comparisonLines({ target, peers }: Comparison, display: Display): Iterable<string> {
  const { reference, packages, findings, verdict } = target;
  yield `${escapeForTerminal(reference)}: ${pluralize(packages, 'package')}, ${pluralize(findings, 'finding')}, ${verdict.replace('-', ' ')}\n`;
  for (const peer of peers) yield* peerLines(peer, display);
}

function* peerLines(peer: PeerComparison, display: Display): Iterable<string> {
  const { agreed, onlyClair, onlyPeer, unexplained, rules, differences } = peer;
  yield `\n${paint(escapeForTerminal(peer.reference), 'bold', display)}: ${peerText(peer)}\n`;
  yield `${agreed} in both, ${onlyClair} only in Clair, ${onlyPeer} only in the other report, ${unexplained} unexplained\n`;
  if (differences.length === 0) return;
  yield* columns(
    ['RULE', 'COUNT', 'REASON'],
    rules.map(({ id, count, sentence }) => [id, String(count), sentence]),
  );
  yield* columns(
    ['ONLY IN', 'PACKAGE', 'VERSION', 'VULNERABILITY', 'SEVERITY', 'RULE', 'DETAIL'],
    differences.map(cells),
  );
}

function peerText({ tool, dataDate, packages, findings }: PeerComparison): string {
  const parts = [
    ...(dataDate === null ? [] : [`of ${dataDate.slice(0, 'yyyy-mm-dd'.length)}`]),
    ...(packages === null ? [] : [pluralize(packages, 'package')]),
    pluralize(findings, 'finding'),
  ];
  return escapeForTerminal(`${tool}, ${parts.join(', ')}`);
}

function cells({
  reportedBy,
  package: item,
  id,
  severity,
  rule,
  detail = '',
}: ComparisonDifference): string[] {
  return [reportedBy, item.name, item.version, id, severity, rule, detail].map((text) =>
    escapeForTerminal(text),
  );
}

/** A table below an empty line. */
function* columns(head: readonly string[], rows: readonly (readonly string[])[]): Iterable<string> {
  const widths = head.map((name, i) =>
    rows.reduce((width, row) => Math.max(width, textWidth(row[i] ?? '')), name.length),
  );
  yield '\n';
  for (const row of [head, ...rows])
    yield `${row
      .map((cell, i) => padText(cell, widths[i] ?? 0))
      .join('  ')
      .trimEnd()}\n`;
}
