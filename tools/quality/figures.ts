import { dirname, join } from 'node:path';
import ts from 'typescript';
import { linesIn, type Source } from './sources.ts';

/** Percentiles and the maximum of sizes. */
export interface Sizes {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Returns the sizes of files in lines. */
export function fileSizes(sources: readonly Source[]): Sizes {
  return sizesOf(sources.map(({ text }) => linesIn(text)));
}

/** Returns the sizes of functions with a block body in lines, from the signature to the last brace. */
export function functionSizes(sources: readonly Source[]): Sizes {
  const lines: number[] = [];
  for (const { tree } of sources)
    visit(tree, (node) => {
      if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined || !ts.isBlock(node.body))
        return;
      const [first, last] = [node.getStart(tree), node.getEnd()].map(
        (at) => tree.getLineAndCharacterOfPosition(at).line,
      );
      lines.push((last ?? 0) - (first ?? 0) + 1);
    });
  return sizesOf(lines);
}

/** The distribution of values. */
export function sizesOf(values: readonly number[]): Sizes {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { count: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: sorted.at(-1) ?? 0 };
}

/** Counts the exported declarations, and lists those without a docstring. */
export function documented(sources: readonly Source[]): {
  readonly all: number;
  readonly without: readonly string[];
} {
  const without: string[] = [];
  let all = 0;
  for (const { path, tree } of sources)
    for (const statement of tree.statements) {
      if (!ts.canHaveModifiers(statement) || !isExported(statement)) continue;
      all++;
      if (ts.getJSDocCommentsAndTags(statement).length === 0)
        without.push(`${path}:${lineOf(tree, statement)}`);
    }
  return { all, without };
}

/** The names that a file declares and exports. */
export function exportedNames(tree: ts.SourceFile): string[] {
  return tree.statements.flatMap((statement) => {
    if (!ts.canHaveModifiers(statement) || !isExported(statement)) return [];
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map(({ name }) => name.getText(tree));
    const { name } = statement as ts.Node & { readonly name?: ts.Node };
    return name === undefined ? [] : [name.getText(tree)];
  });
}

function isExported(node: ts.HasModifiers): boolean {
  return ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

const collections: ReadonlySet<string> = new Set(['Map', 'Set', 'WeakMap', 'WeakSet', 'Array']);

/** Lists mutable module state: variables, and collections that are not declared as read-only. */
export function mutableState(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, tree }) =>
    tree.statements.filter(isKept).flatMap(({ declarationList }) => {
      const isConstant = (declarationList.flags & ts.NodeFlags.Const) !== 0;
      return declarationList.declarations
        .filter((declaration) => !isConstant || isMutable(declaration))
        .map((declaration) => `${path}:${lineOf(tree, declaration)} ${declaration.name.getText(tree)}`);
    }),
  );
}

/** Returns whether a statement declares variables that exist at run time, unlike `declare`. */
function isKept(statement: ts.Statement): statement is ts.VariableStatement {
  const isDeclared = (node: ts.VariableStatement): boolean =>
    node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false;
  return ts.isVariableStatement(statement) && !isDeclared(statement);
}

function isMutable({ type, initializer }: ts.VariableDeclaration): boolean {
  if (initializer === undefined) return true;
  const isDeclared = type !== undefined && /^(?:readonly |Readonly)/.test(type.getText());
  if (isDeclared) return false;
  if (ts.isNewExpression(initializer)) return collections.has(initializer.expression.getText());
  return ts.isArrayLiteralExpression(initializer) && initializer.elements.length === 0;
}

/** Returns the import cycles as groups of files. Type imports count. */
export function circles(sources: readonly Source[]): string[][] {
  const known = new Map(sources.map((source) => [source.path, source]));
  const imports = (path: string): string[] => {
    const source = known.get(path);
    return source === undefined ? [] : importsOf(source).filter((target) => known.has(target));
  };
  return components([...known.keys()], imports).filter((group) => group.length > 1);
}

function importsOf({ path, tree }: Source): string[] {
  return tree.statements.flatMap((statement) => {
    const isImport = ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement);
    const from = isImport ? statement.moduleSpecifier : undefined;
    return from !== undefined && ts.isStringLiteral(from) && from.text.startsWith('.')
      ? [join(dirname(path), from.text)]
      : [];
  });
}

/** Returns the strongly connected components: Tarjan, "Depth-first search and linear graph algorithms" (1972). */
function components(nodes: readonly string[], next: (node: string) => readonly string[]): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const walk = (node: string): number => {
    const own = order.size;
    order.set(node, own);
    stack.push(node);
    let low = own;
    for (const other of next(node)) {
      if (!order.has(other)) low = Math.min(low, walk(other));
      else if (stack.includes(other)) low = Math.min(low, order.get(other) ?? low);
    }
    lowest.set(node, low);
    if (low === own) found.push(stack.splice(stack.indexOf(node)));
    return low;
  };
  for (const node of nodes) if (!order.has(node)) walk(node);
  return found;
}

function visit(node: ts.Node, take: (node: ts.Node) => void): void {
  take(node);
  node.forEachChild((child) => {
    visit(child, take);
  });
}

function lineOf(tree: ts.SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}
