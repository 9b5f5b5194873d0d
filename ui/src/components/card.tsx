import type { ComponentChildren, JSX } from 'preact';
import { type Resource, useResource } from '../api/client.ts';
import { Loaded, type LoadingSpace } from './states.tsx';

interface CardProps {
  readonly title: string;
  readonly isWide?: boolean;
  readonly children: ComponentChildren;
}

/** A part of a view with a heading. */
export function Card({ title, isWide = false, children }: CardProps): JSX.Element {
  return (
    <section class={isWide ? 'card wide' : 'card'}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

interface LoadedCardProps<T> {
  readonly title: string;
  readonly path: string;
  readonly isWide?: boolean;
  readonly space?: LoadingSpace;
  readonly children: (data: T, resource: Resource<T>) => ComponentChildren;
}

/** A part of a view that loads by itself: if it fails, the rest stays. */
export function LoadedCard<T>({
  title,
  path,
  isWide = false,
  space,
  children,
}: LoadedCardProps<T>): JSX.Element {
  const resource = useResource<T>(path);
  return (
    <Card title={title} isWide={isWide}>
      <Loaded resource={resource} path={path} space={space}>
        {(data) => children(data, resource)}
      </Loaded>
    </Card>
  );
}
