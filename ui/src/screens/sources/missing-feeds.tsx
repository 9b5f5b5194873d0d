import type { JSX } from 'preact';
import { useResource } from '../../api/client.ts';
import type { Summary } from '../../api/types.ts';
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
  const missing = data?.notAssessed?.reasons.filter(isOfMissingFeed) ?? [];
  if (missing.length === 0) return null;
  return (
    <Card title={texts.sources.missing}>
      <ul>
        {missing.map(({ namespace, reason, images }) => (
          <li key={namespace} class="bad">
            <span class="tag">
              <Foreign text={namespace ?? ''} />
            </span>{' '}
            <Foreign text={reason} isWhole />{' '}
            <a href={hrefOf('/images', { ...unassessedQuery, namespace: namespace ?? undefined })}>
              {texts.sources.missingImages(formatNumber(images))}
            </a>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function isOfMissingFeed({
  namespace,
  reason,
}: NonNullable<Summary['notAssessed']>['reasons'][number]): boolean {
  return namespace !== null && reason.includes('was never loaded');
}
