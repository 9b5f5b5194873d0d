import { escapeForTerminal } from '../../kit/untrusted-text.ts';
import { type Markup, markup } from './markup.ts';

/** Maximum length of a description, in characters; sources write less. */
const descriptionMax = 4000;
/** Maximum length of a lead, in characters: about two lines of the table. */
const leadMax = 160;

/** Returns the beginning of a description, up to the end of a word. */
export function leadOf(description: string): string {
  const whole = escapeForTerminal(description, descriptionMax);
  if (whole.length <= leadMax) return whole;
  const cut = whole.slice(0, leadMax);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), leadMax / 2)).trimEnd()}…`;
}

/** Returns whether the lead is the whole description. */
export function isShort(description: string): boolean {
  return escapeForTerminal(description, descriptionMax).length <= leadMax;
}

/** Renders a description as paragraphs. Lines with asterisks or dashes become lists. */
export function prose(description: string): Markup[] {
  const blocks = description
    .slice(0, descriptionMax)
    .split(/\n(?:[^\S\n]*\n)+|\n(?=[^\S\n]*[*-]\s)/)
    .flatMap(itemsOf);
  const pieces: Markup[] = [];
  let items: string[] = [];
  const close = (): void => {
    if (items.length > 0) pieces.push(markup`<ul>${items.map((item) => markup`<li>${item}</li>`)}</ul>`);
    items = [];
  };
  for (const block of blocks) {
    const text = escapeForTerminal(block, descriptionMax);
    if (/^[*-] /.test(text)) items.push(text.slice(2));
    else if (text !== '') {
      close();
      pieces.push(markup`<p>${text}</p>`);
    }
  }
  close();
  return pieces;
}

/** Splits a list whose lines were joined: several asterisks, or one after a colon. A single asterisk between words is text. */
function itemsOf(block: string): string[] {
  return /\s\*\s[^*]*\s\*\s|:\s+\*\s/.test(block) ? block.split(/(?<!\s)\s+(?=\*\s)/) : [block];
}
