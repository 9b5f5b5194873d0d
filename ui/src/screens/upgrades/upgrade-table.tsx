import type { ComponentChildren, JSX } from 'preact';
import type { Upgrade, UpgradeList } from '../../api/lists.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { SeverityNumbers } from '../../components/severity.tsx';
import { Foreign } from '../../components/text.tsx';
import { formatNumber } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { texts } from '../../texts.ts';
import { baseHref } from '../bases/base-parts.tsx';

/** Upgrades with what each closes. */
export function UpgradeTable({ upgrades }: { readonly upgrades: readonly Upgrade[] }): JSX.Element {
  const [first] = upgrades;
  const risk = first === undefined ? 0 : first.gain + first.residual;
  return (
    <DataTable
      caption={texts.upgrades.caption}
      columns={[...columns, gainColumn(risk)]}
      rows={upgrades}
      keyOf={({ rank }) => String(rank)}
    />
  );
}

/** What the listed upgrades do to all findings, as a sentence. */
export function UpgradeEffect({
  list: { before, after, upgrades },
}: {
  readonly list: UpgradeList;
}): JSX.Element | null {
  if (before === null || after === null || upgrades === null) return null;
  const { effect } = texts.upgrades;
  return <p>{effect(formatNumber(before.findings), formatNumber(after.findings), upgrades.length)}</p>;
}

/**
 * Returns the page of a newer base image, or of the package. That has the versions, their images, and the advisories that cover them. A package
 * that contains others has none, nor a fixed version.
 */
function hrefOfUpgrade({ kind, namespace, package: name, fixedVersion }: Upgrade): string | undefined {
  if (fixedVersion === null) return undefined;
  if (kind === 'base-image') return baseHref(fixedVersion);
  return namespace === null || name === null ? undefined : hrefOf('/packages/versions', { namespace, name });
}

function linked(upgrade: Upgrade, children: ComponentChildren): ComponentChildren {
  const href = hrefOfUpgrade(upgrade);
  return href === undefined ? children : <a href={href}>{children}</a>;
}

const { upgrades: words } = texts;

const columns: readonly Column<Upgrade>[] = [
  { key: 'rank', title: words.rank, isNumber: true, cell: ({ rank }) => rank },
  { key: 'action', title: words.action, isName: true, cell: (upgrade) => <Action upgrade={upgrade} /> },
  {
    key: 'closes',
    title: words.closes,
    cell: (upgrade) => (
      <>
        <SeverityNumbers counts={upgrade.closes} />
        {upgrade.closes.exploited > 0 && (
          <span class="exploited">▲ {words.exploited(formatNumber(upgrade.closes.exploited))}</span>
        )}
      </>
    ),
  },
  {
    key: 'images',
    title: words.images,
    isNumber: true,
    cell: (upgrade) => <ImageCount upgrade={upgrade} />,
  },
];

/** A number of images that leads to them. */
function ImageCount({ upgrade }: { readonly upgrade: Upgrade }): JSX.Element {
  const { package: name, text, images } = upgrade;
  const count = formatNumber(images);
  const href = hrefOfImages(upgrade);
  return href === undefined ? (
    <span>{count}</span>
  ) : (
    <a href={href} aria-label={`${count} ${words.imagesOf(name ?? text)}`}>
      {count}
    </a>
  );
}

/**
 * Returns the list of the images of an upgrade: those with a finding of the package that has a fix, or those on the older base image. Parents
 * have none, because the index of findings does not name them.
 */
function hrefOfImages({
  kind,
  namespace,
  package: name,
  fixedVersion,
  version,
  versions,
}: Upgrade): string | undefined {
  if (kind === 'base-image') return version === null ? hrefOf('/upgrades/rebuilds') : baseHref(version);
  if (fixedVersion === null || namespace === null || name === null) return undefined;
  const plan = `${name} ${words.from(version ?? words.versions(versions), fixedVersion)}`;
  return hrefOf('/images', { upgrade: name, namespace, plan });
}

/** Returns the column with the share of all risk that each upgrade removes, and what is left after it. */
function gainColumn(risk: number): Column<Upgrade> {
  return {
    key: 'gain',
    title: words.gain,
    hint: words.gainHint,
    cell: ({ gain, residual }) => (
      <>
        <span class="share" aria-hidden="true">
          <span style={{ width: `${shareOf(gain, risk)}%` }} />
        </span>
        {percentText(shareOf(gain, risk))}{' '}
        <span class="muted below">{words.left(percentText(shareOf(residual, risk)))}</span>
      </>
    ),
  };
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : (100 * part) / whole;
}

/** Returns a percentage, with a decimal where it differs from that of others. A small one is not shown as none, nor a large one as all. */
function percentText(percent: number): string {
  const hasDecimal = percent < 10 || percent > 90;
  const text = percent.toFixed(hasDecimal ? 1 : 0);
  if (percent > 0 && text === '0.0') return '< 0.1%';
  return percent < 100 && text === '100.0' ? '> 99.9%' : `${text.replace(/\.0$/, '')}%`;
}

/** What to do: a package with its versions, or a sentence of the server for everything else. */
function Action({ upgrade }: { readonly upgrade: Upgrade }): JSX.Element {
  const { kind, namespace, package: name, version, versions, fixedVersion, text } = upgrade;
  // Digests say nothing to people.
  const isVersion = fixedVersion !== null && kind !== 'base-image';
  const details = [namespace ?? '', words.kinds[kind] ?? kind].filter((part) => part !== '').join(', ');
  return (
    <>
      {linked(upgrade, <Foreign text={name ?? text} />)}
      {isVersion && (
        <span class="below">
          <Foreign text={words.from(version ?? words.versions(versions), fixedVersion)} />
        </span>
      )}
      {name !== null && !isVersion && (
        <span class="below">
          <Foreign text={text} />
        </span>
      )}
      <span class="muted below">
        <Foreign text={details} />
      </span>
    </>
  );
}
