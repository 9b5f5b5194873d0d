/** A piece of HTML. Whatever is no piece is text and gets escaped, so that nothing from outside can become markup. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a piece: text and numbers, other pieces, lists of such, and nothing. */
type Part = string | number | Markup | undefined | readonly Part[];

/** A piece of HTML written as a template. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((text, index) => text + textOf(parts[index])).join(''));
}

function textOf(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map((each) => textOf(each)).join('');
  return String(part)
    .toWellFormed()
    .replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
