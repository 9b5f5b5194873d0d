/** Handles keys that work everywhere. `openHelp` shows the list of keys. */
export function startKeyboard(openHelp: () => void): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector('dialog[open]') !== null) return;
    const action = actionOf(event.key, openHelp);
    if (action?.() === true) event.preventDefault();
  });
}

/** An action of a key. Returns whether it did anything. */
type KeyAction = () => boolean;

function actionOf(key: string, openHelp: () => void): KeyAction | undefined {
  switch (key) {
    case '/':
      return focusSearch;
    case '?':
      return () => {
        openHelp();
        return true;
      };
    case 'j':
      return () => moveRow(1, true);
    case 'k':
      return () => moveRow(-1, true);
    case 'ArrowDown':
      return () => moveRow(1, false);
    case 'ArrowUp':
      return () => moveRow(-1, false);
    default:
      return undefined;
  }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, select, textarea, [contenteditable]') !== null;
}

function focusSearch(): boolean {
  const search = document.querySelector<HTMLInputElement>('#search');
  search?.focus();
  search?.select();
  return search !== null;
}

/** Moves the focus to the link of the next or previous row. Arrow keys scroll the page unless a row has the focus. */
function moveRow(step: number, mayEnter: boolean): boolean {
  const current = document.activeElement?.closest('table.data tbody tr') ?? undefined;
  if (current === undefined && !mayEnter) return false;
  const rows = rowsOf(current?.closest('table') ?? document.querySelector('main table.data'));
  const next = current === undefined ? rows[0] : rows[rows.indexOf(current) + step];
  const link = next?.querySelector<HTMLElement>('td.name a, td.name button') ?? undefined;
  link?.focus();
  link?.scrollIntoView({ block: 'nearest' });
  return link !== undefined;
}

function rowsOf(table: Element | null): Element[] {
  return table === null ? [] : [...table.querySelectorAll('tbody tr')];
}
