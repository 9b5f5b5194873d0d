import type { JSX } from 'preact';
import type { Difference, DifferenceFinding } from '../../api/difference.ts';
import { saveFile, toCsv } from '../../components/pages.tsx';
import { texts } from '../../texts.ts';

const header = ['difference', 'cause', 'vulnerability', 'severity', 'type', 'name', 'versions', 'fixed in'];

/** A button that saves all differences as CSV. */
export function DiffExport({ difference }: { readonly difference: Difference }): JSX.Element {
  return (
    <button
      type="button"
      onClick={() => {
        saveFile(toCsv(header, rowsOf(difference)), 'diff.csv');
      }}
    >
      {texts.table.export}
    </button>
  );
}

function rowsOf({ findings, packages }: Difference): string[][] {
  const ofFinding =
    (kind: string) =>
    ({ vulnerability, severity, package: affected, fix, cause }: DifferenceFinding): string[] => [
      ...[kind, cause, vulnerability, severity, affected.type, affected.name],
      ...[affected.versions.join(' '), fix.version ?? fix.state],
    ];
  const ofPackage =
    (kind: string) =>
    ({ type, name, versions }: (typeof packages.added)[number]): string[] => [
      ...[kind, '', '', '', type, name, versions.join(' '), ''],
    ];
  return [
    ...findings.gone.map(ofFinding('gone')),
    ...findings.new.map(ofFinding('new')),
    ...findings.changed.map(ofFinding('changed')),
    ...packages.removed.map(ofPackage('package removed')),
    ...packages.added.map(ofPackage('package added')),
    ...packages.changed.map(({ from, to, ...one }) =>
      ofPackage('package changed')({ ...one, versions: [...from, '→', ...to] }),
    ),
  ];
}
