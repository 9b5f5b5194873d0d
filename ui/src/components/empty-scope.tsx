import type { JSX } from 'preact';
import { pathOf, useResource } from '../api/client.ts';
import type { ImageList } from '../api/types.ts';
import { hrefWith, place } from '../router.ts';
import { texts } from '../texts.ts';
import { Loaded, NothingMatches } from './states.tsx';

/** The parameters of lists that choose images. */
const imageFilters = ['repository', 'label', 'namespace'] as const;

interface EmptyScopeProps {
  /** Text for an empty list, if images match. */
  readonly title: string;
  /** The filters of the list. */
  readonly filterNames: readonly string[];
}

/** The place of a list whose filters match nothing. Says so if they match no image: the list then says nothing about any risk. */
export function EmptyScope({ title, filterNames }: EmptyScopeProps): JSX.Element {
  const { query } = place.value;
  const chosen = imageFilters.filter((name) => filterNames.includes(name) && query.has(name));
  const clearHref = hrefWith(Object.fromEntries([...filterNames, 'after'].map((name) => [name, undefined])));
  const path = pathOf('/images', {
    ...Object.fromEntries(chosen.map((name) => [name, query.get(name) ?? ''])),
    limit: '1',
  });
  const resource = useResource<ImageList>(chosen.length === 0 ? undefined : path);
  if (chosen.length === 0) return <NothingMatches clearHref={clearHref} title={title} />;
  return (
    <Loaded resource={resource} path={path}>
      {({ images }) =>
        images.length > 0 ? (
          <NothingMatches clearHref={clearHref} title={title} />
        ) : (
          <NothingMatches
            clearHref={clearHref}
            title={texts.states.noImage}
            hint={texts.states.noImageHint}
          />
        )
      }
    </Loaded>
  );
}
