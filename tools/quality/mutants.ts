import ts from 'typescript';
import type { Source } from './sources.ts';

/** A small change of a file that a test should detect. */
export interface Mutant {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** The source text before (`was`) and after (`is`) the change. */
  readonly was: string;
  readonly is: string;
  /** The whole file with the change. */
  readonly text: string;
}

const swapped: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
  [ts.SyntaxKind.QuestionQuestionToken, '&&'],
  [ts.SyntaxKind.PlusToken, '-'],
  [ts.SyntaxKind.MinusToken, '+'],
]);

/** Returns all mutants of a file: another operator, a constant condition, a number plus one, or an inverted boolean. */
export function mutantsOf({ path, text, tree }: Source): Mutant[] {
  const found: Mutant[] = [];
  const walk = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return;
    for (const [part, is] of changesOf(node)) {
      const [start, end] = [part.getStart(tree), part.getEnd()];
      const { line, character } = tree.getLineAndCharacterOfPosition(start);
      const place = { path, line: line + 1, column: character + 1 };
      const changed = text.slice(0, start) + is + text.slice(end);
      found.push({ ...place, was: text.slice(start, end).slice(0, 60), is, text: changed });
    }
    node.forEachChild(walk);
  };
  walk(tree);
  return found;
}

/** Returns the replacements for the parts of a node. */
function changesOf(node: ts.Node): (readonly [part: ts.Node, is: string])[] {
  if (ts.isBinaryExpression(node)) {
    const other = swapped.get(node.operatorToken.kind);
    return other === undefined ? [] : [[node.operatorToken, other]];
  }
  const condition = conditionOf(node);
  if (condition !== undefined)
    return [
      [condition, 'true'],
      [condition, 'false'],
    ];
  if (ts.isNumericLiteral(node)) return [[node, `(${node.getText()} + 1)`]];
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [[node, 'false']];
  return node.kind === ts.SyntaxKind.FalseKeyword ? [[node, 'true']] : [];
}

function conditionOf(node: ts.Node): ts.Expression | undefined {
  if (ts.isIfStatement(node)) return node.expression;
  return ts.isConditionalExpression(node) ? node.condition : undefined;
}
