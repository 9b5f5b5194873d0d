import { computed, signal } from '@preact/signals';
import { pathOf } from './api/client.ts';

/** The address of the view. It holds everything that decides what is shown. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Values of query parameters; undefined and the empty text remove one. */
export type QueryChanges = Readonly<Record<string, string | undefined>>;

const current = signal<Place>(readPlace());

/** The current address. */
export const place = computed(() => current.value);

/** The date of the header whose knowledge is shown; undefined for now. */
export const asOf = computed(() => current.value.query.get('asOf') ?? undefined);

function readPlace(): Place {
  return { path: window.location.pathname, query: new URLSearchParams(window.location.search) };
}

/** Returns a link within the console. The chosen date stays. */
export function hrefOf(path: string, query: QueryChanges = {}): string {
  return pathOf(path, { asOf: asOf.value, ...query });
}

/** Returns a link to the current view with other parameters. */
export function hrefWith(changes: QueryChanges): string {
  return pathOf(place.value.path, { ...Object.fromEntries(place.value.query), ...changes });
}

/** Goes to a view. Another path moves the focus to its heading, as loading a page would. */
export function navigate(href: string, { replaces = false } = {}): void {
  if (replaces) window.history.replaceState(null, '', href);
  else window.history.pushState(null, '', href);
  show();
}

function show(): void {
  const before = current.value.path;
  current.value = readPlace();
  if (before === current.value.path) return;
  window.scrollTo(0, 0);
  requestAnimationFrame(() => {
    document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
  });
}

/** Follows links within the console without loading the page again. */
export function startRouter(): void {
  window.addEventListener('popstate', show);
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || !isPlainClick(event) || link.target !== '' || link.hasAttribute('download')) return;
    if (link.origin !== window.location.origin) return;
    // A link to a part of this page.
    if (link.hash !== '') return;
    event.preventDefault();
    navigate(link.href);
  });
}

function isPlainClick(event: MouseEvent): boolean {
  const { button, metaKey, ctrlKey, shiftKey, altKey, defaultPrevented } = event;
  return button === 0 && !metaKey && !ctrlKey && !shiftKey && !altKey && !defaultPrevented;
}
