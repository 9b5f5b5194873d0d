import { styleText } from 'node:util';
import type { Display } from '../plugin/report-format.ts';

/** One or more styles of `styleText` from `node:util`. */
export type Style = Parameters<typeof styleText>[0];

/** Styles a text if the display has colours. */
export function paint(text: string, style: Style, display: Display): string {
  return display.colors ? styleText(style, text, { validateStream: false }) : text;
}
