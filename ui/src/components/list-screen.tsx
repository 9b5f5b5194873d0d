import type { ComponentChildren, JSX } from 'preact';
import { pathOf, useResource } from '../api/client.ts';
import { place } from '../router.ts';
import { texts } from '../texts.ts';
import { EmptyScope } from './empty-scope.tsx';
import { CursorPages, ExportButton } from './pages.tsx';
import { Empty, Heading, Loaded } from './states.tsx';

interface ListScreenProps<T> {
  readonly title: string;
  /** Path of the list in the API. */
  readonly path: string;
  /** The parameters of the address that filter the list. */
  readonly filterNames: readonly string[];
  /** Other parameters of the request. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly filters?: ComponentChildren;
  readonly emptyText: string;
  /** Text for an empty list, if it has filters. */
  readonly nothingText?: string;
  /** What the list is about. */
  readonly intro?: string;
  /** What to do if there are no rows. */
  readonly emptyHint?: string;
  readonly csvName?: string;
  /** Returns the number of rows. */
  readonly sizeOf: (data: T) => number;
  readonly children: (data: T) => ComponentChildren;
}

/** A page of a list of the API, with its filters, its export, and what it says without rows. */
export function ListScreen<T extends { readonly next?: string | number }>(
  props: ListScreenProps<T>,
): JSX.Element {
  const { title, filterNames, filters, emptyText, csvName, sizeOf, children, intro, emptyHint } = props;
  const { nothingText = texts.states.nothing } = props;
  const { query } = place.value;
  const wanted = Object.fromEntries(
    [...filterNames, 'sort', 'after'].map((name) => [name, query.get(name) ?? undefined]),
  );
  const path = pathOf(props.path, { ...props.query, ...wanted });
  const resource = useResource<T>(path);
  const isFiltered = filterNames.some((name) => query.has(name));
  return (
    <>
      <Heading title={title}>{csvName !== undefined && <ExportButton path={path} name={csvName} />}</Heading>
      {intro !== undefined && <p class="muted">{intro}</p>}
      {filters}
      <Loaded resource={resource} path={path}>
        {(data) =>
          sizeOf(data) > 0 ? (
            <>
              {children(data)}
              <CursorPages next={data.next} />
            </>
          ) : isFiltered || query.has('after') ? (
            <EmptyScope title={nothingText} filterNames={filterNames} />
          ) : (
            <Empty title={emptyText}>{emptyHint !== undefined && <p>{emptyHint}</p>}</Empty>
          )
        }
      </Loaded>
    </>
  );
}
