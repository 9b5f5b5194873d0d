import type { JSX } from 'preact';
import { useResource } from '../../api/client.ts';
import type { History } from '../../api/lists.ts';
import type { ImageList, ListedImage } from '../../api/types.ts';
import { Card } from '../../components/card.tsx';
import { Loaded } from '../../components/states.tsx';
import { Foreign } from '../../components/text.tsx';
import { verdictOf } from '../../components/verdict.tsx';
import { formatDay, formatNumber, formatSigned } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { severitiesDescending } from '../../severity.ts';
import { texts } from '../../texts.ts';
import { sumOf } from './strip.tsx';
import { historyPath } from './trend.tsx';

const imagesPath = '/images?sort=seen&limit=50';
const imagesShown = 5;

type Day = History['days'][number];

/** What is new since the last day before today: how many findings, and whether images or advisories caused them. */
export function SinceYesterday(): JSX.Element {
  const history = useResource<History>(historyPath);
  const images = useResource<ImageList>(imagesPath);
  const [today, before] = (history.data?.days ?? []).toSorted((a, b) => (a.day < b.day ? 1 : -1));
  const title = before === undefined ? texts.since.title : texts.since.titleOf(before.day);
  return (
    <Card title={title}>
      <Loaded resource={history} path={historyPath}>
        {() =>
          today === undefined || before === undefined ? (
            <p class="muted">{texts.since.tooShort}</p>
          ) : (
            <Loaded resource={images} path={imagesPath}>
              {(list) => <Changes today={today} before={before} list={list} />}
            </Loaded>
          )
        }
      </Loaded>
    </Card>
  );
}

function Changes({
  today,
  before,
  list: { images, next },
}: {
  readonly today: Day;
  readonly before: Day;
  readonly list: ImageList;
}): JSX.Element {
  const { since } = texts;
  const added = images.filter(({ firstSeen }) => formatDay(firstSeen) > before.day);
  const isCut = next !== undefined && added.length === images.length;
  const [now, then] = [sumOf(today.counts), sumOf(before.counts)];
  const ofImages = added.reduce((sum, image) => sum + findingsOf(image), 0);
  const others = now - then - ofImages;
  return (
    <ul class="plain">
      <li>
        <strong>{since.findings(formatSigned(now - then))}</strong>{' '}
        <span class="muted">{since.fromTo(formatNumber(then), formatNumber(now))}</span>
      </li>
      <li>
        <a href={hrefOf('/images', { sort: 'seen' })}>
          {since.images(added.length, `${formatNumber(added.length)}${isCut ? '+' : ''}`)}
        </a>
        {added.length > 0 && ` ${since.bring(formatSigned(ofImages))}`}
        <AddedImages images={added} />
      </li>
      <li>
        <a href={hrefOf('/changes', { day: today.day })}>{since.advisories}</a>
        {isCut ? '' : ` ${since.bring(formatSigned(others))}`}
      </li>
    </ul>
  );
}

function AddedImages({ images }: { readonly images: readonly ListedImage[] }): JSX.Element | null {
  if (images.length === 0) return null;
  return (
    <ul class="plain indented">
      {images.slice(0, imagesShown).map((image) => (
        <li key={image.number}>
          <a href={hrefOf(`/images/${image.digest ?? ''}`)}>
            <Foreign text={image.names[0]?.name ?? image.reference} />
          </a>{' '}
          <span class="muted">{stateOf(image)}</span>
        </li>
      ))}
    </ul>
  );
}

/** Zero findings say nothing of an image that was not assessed. */
function stateOf(image: ListedImage): string {
  if (image.findings === null || image.findings === undefined) return texts.states.notCounted;
  if (verdictOf(image) === 'not-assessed') return texts.verdicts['not-assessed'];
  return texts.since.findings(formatNumber(findingsOf(image)));
}

function findingsOf({ findings }: ListedImage): number {
  if (findings === null || findings === undefined) return 0;
  return severitiesDescending.reduce((sum, severity) => sum + findings[severity], 0);
}
