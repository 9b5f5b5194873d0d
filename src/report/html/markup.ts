/** A piece of HTML. `markup` escapes all other values, so that untrusted text cannot become markup. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A value in a template: text, a number, markup, a list of those, or nothing. */
type Part = string | number | Markup | undefined | readonly Part[];

/** Template tag that returns HTML and escapes every value that is not `Markup`. */
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
