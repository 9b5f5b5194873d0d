import ts from 'typescript';
import type { Source } from './sources.ts';

/** Minimum number of equal consecutive tokens, including names, of a duplicated run. */
export const runTokens = 60;

/** A run of tokens that occurs in two places. */
export interface Duplicate {
  readonly tokens: number;
  readonly places: readonly [string, string];
}

interface Token {
  readonly text: string;
  readonly place: string;
  readonly file: string;
}

/** Returns the maximal runs of tokens that occur twice, the longest first. Ignores imports. */
export function duplicates(sources: readonly Source[]): Duplicate[] {
  const tokens = sources.flatMap(tokensOf);
  const starts = new Map<string, number>();
  const found: Duplicate[] = [];
  for (let i = 0; i + runTokens <= tokens.length; i++) {
    const key = windowAt(tokens, i);
    const before = key === undefined ? undefined : starts.get(key);
    if (before !== undefined) {
      const length = commonLength(tokens, before, i);
      found.push({ tokens: length, places: [tokens[before]?.place ?? '', tokens[i]?.place ?? ''] });
      i += length - 1;
    } else if (key !== undefined) starts.set(key, i);
  }
  return found.sort((a, b) => b.tokens - a.tokens);
}

/** Returns `runTokens` tokens from an index on as one text; undefined if the file ends before. */
function windowAt(tokens: readonly Token[], from: number): string | undefined {
  const window = tokens.slice(from, from + runTokens);
  return window[0]?.file === window.at(-1)?.file ? window.map(({ text }) => text).join(' ') : undefined;
}

/** Returns the length of the common run of two indexes, within the file of the second. */
function commonLength(tokens: readonly Token[], first: number, second: number): number {
  let length = runTokens;
  while (
    isSame(tokens[first + length], tokens[second + length]) &&
    tokens[second + length]?.file === tokens[second]?.file
  )
    length++;
  return length;
}

function isSame(a: Token | undefined, b: Token | undefined): boolean {
  return a !== undefined && a.text === b?.text;
}

function tokensOf({ path, tree }: Source): Token[] {
  const tokens: Token[] = [];
  const walk = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isJSDoc(node)) return;
    const children = node.getChildren(tree);
    if (children.length > 0) for (const child of children) walk(child);
    else if (node.getWidth(tree) > 0) {
      const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
      tokens.push({ text: node.getText(tree), place: `${path}:${line + 1}`, file: path });
    }
  };
  walk(tree);
  return tokens;
}
