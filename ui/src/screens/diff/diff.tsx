import type { JSX } from 'preact';
import { pathOf, useResource } from '../../api/client.ts';
import type { Difference, DifferenceCause, DifferenceFinding, DifferenceSide } from '../../api/difference.ts';
import { FilterBar, SelectField } from '../../components/filters.tsx';
import { Heading, Loaded } from '../../components/states.tsx';
import { Foreign } from '../../components/text.tsx';
import { VerdictChip } from '../../components/verdict.tsx';
import { endOfDay, formatNumber, formatTime, shortDigest } from '../../format.ts';
import { asOf, hrefOf, place } from '../../router.ts';
import { texts } from '../../texts.ts';
import { DiffExport } from './diff-export.tsx';
import { FindingColumns } from './diff-findings.tsx';
import { DiffForm } from './diff-form.tsx';
import { PackageColumns } from './diff-packages.tsx';

/** The differences of two images, or of one image at two dates. */
export function DiffScreen(): JSX.Element {
  const { query } = place.value;
  const [a, b] = [query.get('a') ?? '', query.get('b') ?? ''];
  const path = pathOf('/diff', {
    a,
    b,
    aAsOf: endOf(query.get('aAsOf')),
    bAsOf: endOf(query.get('bAsOf')),
    platform: query.get('platform') ?? undefined,
  });
  return (
    <>
      <Heading title={texts.areas.diff} />
      <p class="muted">{texts.diff.intro}</p>
      <DiffForm />
      {a !== '' && b !== '' && <Result path={path} />}
    </>
  );
}

/** Returns the end of a day; without one, that of the header. */
function endOf(day: string | null): string | undefined {
  const wanted = day === null || day === '' ? asOf.value : day;
  return wanted === undefined ? undefined : endOfDay(wanted, Date.now());
}

function Result({ path }: { readonly path: string }): JSX.Element {
  const resource = useResource<Difference>(path);
  return (
    <Loaded resource={resource} path={path} loadingText={texts.diff.loading}>
      {(difference) => (
        <>
          <p class="verdict-text" role="status">
            {headlineOf(difference)}
          </p>
          <div class="compared">
            <SideCard title={texts.diff.a} side={difference.a} />
            <SideCard title={texts.diff.b} side={difference.b} />
          </div>
          <div class="toolbar">
            <FilterBar names={['cause']}>
              <SelectField
                name="cause"
                label={texts.diff.cause}
                options={Object.entries(texts.diff.causes)}
                anyText={texts.diff.anyCause}
              />
            </FilterBar>
            <DiffExport difference={difference} />
          </div>
          <FindingColumns difference={difference} cause={wantedCause()} />
          <p class="muted">{texts.diff.same(difference.findings.same)}</p>
          <PackageColumns packages={difference.packages} />
        </>
      )}
    </Loaded>
  );
}

function wantedCause(): DifferenceCause | undefined {
  const cause = place.value.query.get('cause');
  return cause === 'image' || cause === 'knowledge' ? cause : undefined;
}

/** Returns the numbers of differences by their causes, as a sentence. */
function headlineOf({ findings: { gone, new: added, changed } }: Difference): string {
  const { headline, none } = texts.diff;
  const parts = [
    ...partsOf(gone, headline.gone),
    ...partsOf(added, headline.added),
    ...partsOf(changed, headline.changed),
  ];
  return parts.length === 0 ? none : `${parts.join(', ')}.`;
}

function partsOf(
  findings: readonly DifferenceFinding[],
  sentence: (count: number, cause: string) => string,
): string[] {
  return (['image', 'knowledge'] as const).flatMap((cause) => {
    const count = findings.filter((finding) => finding.cause === cause).length;
    return count === 0 ? [] : sentence(count, texts.diff.causes[cause]);
  });
}

interface SideCardProps {
  readonly title: string;
  readonly side: DifferenceSide;
}

/** One of the images. What was not assessed is never left out: fewer findings may only mean that less was read. */
function SideCard({ title, side }: SideCardProps): JSX.Element {
  const { digest, names, platform, notAssessed, verdict } = side;
  const day = side.asOf.slice(0, 10);
  const isPast = day < new Date().toISOString().slice(0, 10);
  const href = hrefOf(`/images/${digest ?? ''}/findings`, isPast ? { asOf: day } : {});
  const name = names[0] ?? (digest === null ? texts.states.notKnown : shortDigest(digest));
  const details = [digest === null ? '' : shortDigest(digest), platform ?? ''].filter((part) => part !== '');
  return (
    <section class="card" aria-label={title}>
      <div class="heading">
        <h2>{title}</h2>
        <VerdictChip verdict={verdict} />
      </div>
      <p>
        <strong>
          {digest === null ? (
            <Foreign text={name} />
          ) : (
            <a href={href}>
              <Foreign text={name} />
            </a>
          )}
        </strong>
        <span class="muted below">{details.join(' · ')}</span>
      </p>
      <p class="muted">
        {texts.diff.numbers(formatNumber(side.findings), formatNumber(side.packages))}{' '}
        {texts.diff.knownAt(formatTime(side.asOf))}
      </p>
      {notAssessed.length > 0 && (
        <div class="notice notice-warning">
          <p>{texts.image.notEverything}</p>
          <ul>
            {notAssessed.map((gap) => (
              <li key={gap}>
                <Foreign text={gap} isWhole />
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}
