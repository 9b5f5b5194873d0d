import { effect, signal } from '@preact/signals';

/** The colours: those of the system, or a choice. */
export type Theme = 'system' | 'light' | 'dark';

const key = 'clair-theme';
const names: readonly Theme[] = ['system', 'light', 'dark'];

/** The chosen colours. */
export const theme = signal<Theme>(storedTheme());

/** Chooses the next colours. */
export function nextTheme(): void {
  theme.value = names[(names.indexOf(theme.value) + 1) % names.length] ?? 'system';
}

/** Applies the chosen colours, and keeps them in this browser. */
export function startTheme(): void {
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value;
    try {
      localStorage.setItem(key, theme.value);
    } catch {
      // A browser may refuse to store anything. The choice then lasts until the page is closed.
    }
  });
}

function storedTheme(): Theme {
  try {
    return names.find((name) => name === localStorage.getItem(key)) ?? 'system';
  } catch {
    return 'system';
  }
}
