import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { pathOf, useResource } from '../api/client.ts';
import type { SearchResults } from '../api/lists.ts';
import { Foreign } from '../components/text.tsx';
import { useTypedText } from '../components/typed-text.ts';
import { hrefOf, navigate, place } from '../router.ts';
import { texts } from '../texts.ts';

/** A place that the search found. */
interface Hit {
  readonly group: string;
  readonly href: string;
  readonly text: string;
}

/** The search field of the header, with what it found. */
export function SearchBox(): JSX.Element {
  const text = useSignal('');
  const isOpen = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  // The text is no filter of the page that a hit leads to.
  useEffect(() => {
    isOpen.value = false;
    text.value = '';
  }, [place.value, isOpen, text]);
  const query = useTypedText(text.value);
  const { data } = useResource<SearchResults>(query === '' ? undefined : pathOf('/search', { q: query }));
  const hits = query === '' ? [] : hitsOf(query, data);
  return (
    <form
      ref={form}
      role="search"
      class="search"
      onSubmit={(event) => {
        event.preventDefault();
        const [first] = text.value.trim() === query ? hits : hitsOf(text.value.trim(), undefined);
        if (first !== undefined) navigate(first.href);
        isOpen.value = false;
      }}
      onKeyDown={(event) => {
        moveAmongHits(event, form.current);
        if (event.key === 'Escape') isOpen.value = false;
      }}
      onFocusOut={({ relatedTarget }) => {
        if (relatedTarget instanceof Node && form.current?.contains(relatedTarget) === true) return;
        isOpen.value = false;
      }}
    >
      <input
        id="search"
        type="search"
        autoComplete="off"
        maxLength={200}
        aria-label={texts.search.label}
        placeholder={texts.search.placeholder}
        value={text.value}
        onInput={({ currentTarget }) => {
          text.value = currentTarget.value;
          isOpen.value = true;
        }}
        onFocus={() => {
          isOpen.value = true;
        }}
      />
      {isOpen.value && query !== '' && <Hits hits={hits} />}
    </form>
  );
}

function Hits({ hits }: { readonly hits: readonly Hit[] }): JSX.Element {
  return (
    <div class="hits">
      <span class="sr-only" role="status">
        {hits.length}
      </span>
      {[...Map.groupBy(hits, ({ group }) => group)].map(([group, ofGroup]) => (
        <section key={group} aria-label={group}>
          <p class="hits-group">{group}</p>
          <ul>
            {ofGroup.map(({ href, text }) => (
              <li key={href}>
                <a href={href}>
                  <Foreign text={text} />
                </a>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

/** Returns what the server found, then lists that the text filters, which need no search. */
function hitsOf(query: string, found: SearchResults | undefined): Hit[] {
  const { search } = texts;
  if (query === '') return [];
  const isId = /^[a-z]+-\d[\w:.-]*$|^GHSA(-\w{4}){3}$/i.test(query);
  // Names of images and packages may have the form of an id.
  const isSurelyId = isId && /^(?:CVE|GHSA|DSA|DLA|USN|RHSA|ALAS|ELSA|RUSTSEC|PYSEC)-/i.test(query);
  const images = (found?.images ?? []).flatMap(({ digest, names, reference }) => {
    if (digest === null) return [];
    const text = names[0]?.name ?? reference;
    return [{ group: search.images, href: hrefOf(`/images/${digest}`), text }];
  });
  const advisories = (found?.advisories ?? []).map(({ id }) => ({
    group: search.advisories,
    href: hrefOf(`/advisories/${encodeURIComponent(id)}`),
    text: id,
  }));
  const packages = (found?.packages ?? []).map(({ namespace, name }) => ({
    group: search.packages,
    href: hrefOf('/packages/versions', { namespace, name }),
    text: `${name} (${namespace})`,
  }));
  const lists = [
    { group: search.go, href: hrefOf('/images', { q: query }), text: search.filterImages(query) },
    { group: search.go, href: hrefOf('/packages', { q: query }), text: search.filterPackages(query) },
  ];
  const id = query.toUpperCase();
  const direct =
    isId && advisories.length === 0
      ? [
          {
            group: search.advisories,
            href: hrefOf(`/advisories/${id}`),
            text: search.openAdvisory(id),
          },
        ]
      : [];
  const others = [...advisories, ...images, ...packages, ...lists];
  return isSurelyId ? [...direct, ...others] : [...others, ...direct];
}

function moveAmongHits(event: KeyboardEvent, form: HTMLFormElement | null): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (step === 0 || form === null) return;
  const stops = [...form.querySelectorAll<HTMLElement>('input, .hits a')];
  const { activeElement } = document;
  const at = activeElement instanceof HTMLElement ? stops.indexOf(activeElement) : -1;
  stops[at + step]?.focus();
  event.preventDefault();
}
