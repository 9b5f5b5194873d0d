import { styleText } from 'node:util';
import type { Display } from '../plugin/report-format.ts';

/** A colour or weight, or several, by the names of `node:util`. */
export type Style = Parameters<typeof styleText>[0];

/** Colours a text where the display has colours. */
export function paint(text: string, style: Style, display: Display): string {
  return display.colors ? styleText(style, text, { validateStream: false }) : text;
}
