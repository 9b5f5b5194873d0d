import type { JSX } from 'preact';
import type { Difference } from '../../api/difference.ts';
import { Card } from '../../components/card.tsx';
import { Foreign } from '../../components/text.tsx';
import { formatNumber } from '../../format.ts';
import { texts } from '../../texts.ts';

/** Packages that a column shows. The export has all. */
const shownMax = 200;

interface Row {
  readonly type: string;
  readonly name: string;
  readonly versions: string;
}

/** The packages that differ. */
export function PackageColumns({
  packages: { removed, added, changed },
}: Pick<Difference, 'packages'>): JSX.Element {
  const { diff } = texts;
  const toRow = (one: (typeof added)[number]): Row => ({ ...one, versions: one.versions.join(', ') });
  const changes = changed.map(({ from, to, ...one }) => ({
    ...one,
    versions: texts.upgrades.from(from.join(', '), to.join(', ')),
  }));
  return (
    <div class="columns three">
      <Column title={diff.packagesRemoved} rows={removed.map(toRow)} />
      <Column title={diff.packagesAdded} rows={added.map(toRow)} />
      <Column title={diff.packagesChanged} rows={changes} />
    </div>
  );
}

function Column({ title, rows }: { readonly title: string; readonly rows: readonly Row[] }): JSX.Element {
  const hidden = rows.length - shownMax;
  return (
    <Card title={`${title} (${formatNumber(rows.length)})`}>
      {rows.length === 0 && <p class="muted">{texts.diff.noneHere}</p>}
      <ul class="plain">
        {rows.slice(0, shownMax).map(({ type, name, versions }) => (
          <li key={`${type} ${name}`}>
            <Foreign text={name} />{' '}
            <span class="muted">
              <Foreign text={versions} />
            </span>
          </li>
        ))}
      </ul>
      {hidden > 0 && <p class="muted">{texts.diff.more(hidden)}</p>}
    </Card>
  );
}
