import type { JSX } from 'preact';
import { pathOf, useResource } from '../../api/client.ts';
import type { ImageUpgrade, ImageUpgradePlan } from '../../api/lists.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { DownloadButton } from '../../components/pages.tsx';
import { SeverityNumbers } from '../../components/severity.tsx';
import { Loaded } from '../../components/states.tsx';
import { Foreign } from '../../components/text.tsx';
import { formatNumber } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { asOfTime } from '../../shell/as-of-picker.tsx';
import { texts } from '../../texts.ts';

const upgradesShown = 10;

/** What to upgrade first in an image, as the server plans it. */
export function FixFirst({ digest }: { readonly digest: string }): JSX.Element {
  const path = pathOf(`/images/${encodeURIComponent(digest)}/upgrades`, {
    limit: String(upgradesShown),
    asOf: asOfTime(),
  });
  const resource = useResource<ImageUpgradePlan>(path);
  return (
    <>
      <p class="actions">
        <DownloadButton
          path={path}
          accept="text/markdown"
          name="upgrades.md"
          label={texts.upgrades.markdown}
        />
        <DownloadButton
          path={path}
          accept="text/x-dockerfile"
          name="upgrades.Dockerfile"
          label={texts.upgrades.dockerfile}
        />
      </p>
      <Loaded resource={resource} path={path}>
        {(plan) => <Plan plan={plan} digest={digest} />}
      </Loaded>
    </>
  );
}

interface PlanProps {
  readonly plan: ImageUpgradePlan;
  readonly digest: string;
}

function Plan({ plan, digest }: PlanProps): JSX.Element {
  const { upgrades, before, after, doubts } = plan;
  const { image } = texts;
  return (
    <>
      {upgrades.length === 0 ? (
        <p class="muted">{image.fixFirstNone}</p>
      ) : (
        <>
          <DataTable
            caption={image.fixFirstCaption}
            columns={columnsFor(digest)}
            rows={upgrades}
            keyOf={({ rank }) => String(rank)}
          />
          <p>{image.fixFirstEffect(before.findings, after.findings)}</p>
        </>
      )}
      {doubts.length > 0 && (
        <>
          <p class="muted">{image.notJudged}</p>
          <ul>
            {doubts.map((doubt) => (
              <li key={doubt}>
                <Foreign text={doubt} isWhole />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function columnsFor(digest: string): readonly Column<ImageUpgrade>[] {
  const findingsOf = (query: Record<string, string>): string =>
    hrefOf(`/images/${digest}/findings`, { fixable: 'true', ...query });
  return [
    {
      key: 'package',
      title: texts.findings.package,
      isName: true,
      cell: ({ package: name, text }) =>
        name === null ? (
          <Foreign text={text} />
        ) : (
          <a href={findingsOf({ q: name })}>
            <Foreign text={name} />
          </a>
        ),
    },
    {
      key: 'installed',
      title: texts.findings.installed,
      cell: ({ versions }) => <Foreign text={versions.join(', ')} />,
    },
    {
      key: 'to',
      title: texts.image.upgradeTo,
      cell: ({ package: name, fixedVersion, text }) => (
        <Foreign text={fixedVersion ?? (name === null ? '' : text)} isWhole />
      ),
    },
    {
      key: 'closes',
      title: texts.image.closes,
      cell: ({ package: name, closes }) => (
        <SeverityNumbers
          counts={closes}
          {...(name !== null && { hrefOf: (severity) => findingsOf({ q: name, severity }) })}
        />
      ),
    },
    {
      key: 'exploited',
      title: texts.findings.exploited,
      isNumber: true,
      cell: ({ closes }) => (closes.exploited === 0 ? texts.states.none : formatNumber(closes.exploited)),
    },
  ];
}
