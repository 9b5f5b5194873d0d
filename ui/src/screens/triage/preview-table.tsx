import type { JSX } from 'preact';
import type { PreviewedFinding } from '../../api/suppressions.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { SeverityBadge } from '../../components/severity.tsx';
import { Foreign } from '../../components/text.tsx';
import { shortDigest } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { texts } from '../../texts.ts';

/** The first findings that a document would suppress. */
export function PreviewTable({ rows }: { readonly rows: readonly PreviewedFinding[] }): JSX.Element {
  return (
    <DataTable
      caption={texts.triage.previewCaption}
      columns={columns}
      rows={rows}
      keyOf={(row) => JSON.stringify(row)}
    />
  );
}

const columns: readonly Column<PreviewedFinding>[] = [
  {
    key: 'image',
    title: texts.triage.image,
    isName: true,
    cell: ({ image: { digest, names } }) => {
      const name = names[0] ?? (digest === null ? texts.states.notKnown : shortDigest(digest));
      return digest === null ? (
        <Foreign text={name} />
      ) : (
        <a href={hrefOf(`/images/${digest}/findings`)}>
          <Foreign text={name} />
        </a>
      );
    },
  },
  {
    key: 'vulnerability',
    title: texts.findings.vulnerability,
    cell: ({ vulnerability, severity }) => (
      <>
        <SeverityBadge severity={severity} /> <Foreign text={vulnerability} />
      </>
    ),
  },
  {
    key: 'package',
    title: texts.findings.package,
    cell: ({ package: { name, version } }) => <Foreign text={`${name} ${version}`} />,
  },
];
