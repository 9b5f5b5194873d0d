import type { JSX } from 'preact';
import { useResource } from '../../api/client.ts';
import type { Summary } from '../../api/types.ts';
import { attentionOf } from '../../attention.ts';
import { Card } from '../../components/card.tsx';
import { Foreign } from '../../components/text.tsx';
import { formatNumber } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { summaryPath } from '../../shell/freshness.tsx';
import { texts } from '../../texts.ts';
import { unassessedQuery } from '../today/not-assessed.tsx';

/** The feeds that images need and that the server never loaded. Sources have no card of their own before the first load. */
export function MissingFeeds(): JSX.Element | null {
  const { data } = useResource<Summary>(summaryPath);
  const feeds = data === undefined ? [] : attentionOf(data).feeds;
  if (feeds.length === 0) return null;
  return (
    <Card title={`${texts.sources.missing}: ${formatNumber(feeds.length)}`}>
      <ul>
        {feeds.map(({ reason, namespaces }) => (
          <li key={reason} class="bad">
            <Foreign text={reason} isWhole />{' '}
            {namespaces.map(({ namespace, images }) => (
              <a key={namespace} class="tag" href={hrefOf('/images', { ...unassessedQuery, namespace })}>
                <Foreign text={namespace} /> {texts.sources.missingImages(formatNumber(images))}
              </a>
            ))}
          </li>
        ))}
      </ul>
    </Card>
  );
}
