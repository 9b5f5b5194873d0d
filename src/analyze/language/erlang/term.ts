/** A term of Erlang. Numbers, characters and binaries have no value here, as no caller needs them. */
export type Term =
  | { readonly kind: 'atom' | 'string'; readonly value: string }
  | { readonly kind: 'tuple' | 'list'; readonly items: readonly Term[] }
  | { readonly kind: 'other' };

/** The text is not a term. */
export class TermError extends Error {
  constructor(message: string, at: number) {
    super(`${message} at character ${at}`);
    this.name = 'TermError';
  }
}

/** Nesting depth of real files is under ten. */
const depthMax = 64;

/**
 * Parses the first term of a text, as `file:consult/1` reads it: atoms, strings, numbers, lists, tuples and binaries, with comments.
 * Ignores the text after the term. Throws a `TermError`.
 */
export function parseTerm(text: string): Term {
  return new TermParser(text).parse();
}

/** A list or a tuple that is being read. */
interface OpenTerm {
  readonly kind: 'tuple' | 'list';
  readonly items: Term[];
}

const closing = { tuple: '}', list: ']' } as const;

class TermParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Term {
    const open: OpenTerm[] = [];
    for (;;) {
      this.#skipBlanks();
      const term = this.#step(open);
      if (term === undefined) continue;
      const parent = open.at(-1);
      if (parent === undefined) return term;
      parent.items.push(term);
    }
  }

  /** Reads one token. Returns the term that ends with it. */
  #step(open: OpenTerm[]): Term | undefined {
    const first = this.#text.charAt(this.#at);
    switch (first) {
      case '{':
      case '[':
        this.#open(first === '{' ? 'tuple' : 'list', open);
        return undefined;
      case '}':
      case ']':
        return this.#close(first, open);
      case ',':
      case '|':
        this.#at++;
        return undefined;
      default:
        return this.#simpleTerm(first);
    }
  }

  /** Reads a term without parts. */
  #simpleTerm(first: string): Term {
    switch (first) {
      case '"':
        return { kind: 'string', value: this.#quoted('"') };
      case "'":
        return { kind: 'atom', value: this.#quoted("'") };
      case '<':
        return this.#binary();
      case '$':
        this.#at += this.#text[this.#at + 1] === '\\' ? 3 : 2;
        return { kind: 'other' };
      default:
        return this.#word();
    }
  }

  #open(kind: OpenTerm['kind'], open: OpenTerm[]): void {
    if (open.length === depthMax) throw new TermError(`more than ${depthMax} nested terms`, this.#at);
    open.push({ kind, items: [] });
    this.#at++;
  }

  #close(bracket: string, open: OpenTerm[]): Term {
    const term = open.pop();
    if (term === undefined || closing[term.kind] !== bracket)
      throw new TermError(`an unexpected "${bracket}"`, this.#at);
    this.#at++;
    return term;
  }

  /** Reads an atom or a number. */
  #word(): Term {
    const start = this.#at;
    while (isWordCharacter(this.#text.charCodeAt(this.#at))) this.#at++;
    const value = this.#text.slice(start, this.#at);
    if (/^[a-z]/.test(value)) return { kind: 'atom', value };
    if (/^[+-]?\d/.test(value)) return { kind: 'other' };
    throw new TermError('no term of Erlang', start);
  }

  /** Reads text in quotes. A backslash makes the next character an ordinary one. */
  #quoted(quote: string): string {
    const start = this.#at + 1;
    let hasEscapes = false;
    for (let at = start; at < this.#text.length; at++) {
      const character = this.#text[at];
      if (character === quote) {
        this.#at = at + 1;
        const text = this.#text.slice(start, at);
        return hasEscapes ? text.replaceAll(/\\([\s\S])/g, '$1') : text;
      }
      if (character === '\\') {
        hasEscapes = true;
        at++;
      }
    }
    throw new TermError('a quote without end', start - 1);
  }

  #binary(): Term {
    const end = this.#text.indexOf('>>', this.#at);
    if (end === -1) throw new TermError('a binary without end', this.#at);
    this.#at = end + 2;
    return { kind: 'other' };
  }

  /** Skips blanks and comments. */
  #skipBlanks(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === percent) {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = end === -1 ? this.#text.length : end;
      } else if (code > space && code !== byteOrderMark) return;
    }
    throw new TermError('the text ends within a term', this.#at);
  }
}

const [space, percent, byteOrderMark] = [0x20, 0x25, 0xfeff];

/** Whether a character can be in an atom or a number: letters, digits and `_ @ # . + -`. */
function isWordCharacter(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x40 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    wordPunctuation.has(code)
  );
}

const wordPunctuation: ReadonlySet<number> = new Set(
  Array.from('_#.+-', (character) => character.charCodeAt(0)),
);
