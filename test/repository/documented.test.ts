import assert from 'node:assert/strict';
import { test } from 'node:test';
import ts from 'typescript';
import { filesLike, type RepositoryFile } from './tree.ts';

test('every exported declaration has a docstring', () => {
  const files = filesLike('src/**/*.ts').filter(({ path }) => !path.endsWith('.test.ts'));
  assert.deepEqual(files.flatMap(undocumented), []);
});

test('finds declarations without a docstring', () => {
  const text = `
    /** Says what it is. */
    export const a = 1;
    // A comment is no docstring.
    export function b() {}
    export interface C {}
    const d = 1;
    export type { E } from './e.ts';
    /** A docstring, */ const f = 1;
    export class G {}
  `;
  assert.deepEqual(undocumented({ path: 'x.ts', text }), ['x.ts:5 b', 'x.ts:6 C', 'x.ts:10 G']);
});

/** Returns the exported declarations of a file without a docstring. Re-exports are documented at their declaration. */
function undocumented({ path, text }: RepositoryFile): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return source.statements.flatMap((statement) => {
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
    if (!isExported || ts.getJSDocCommentsAndTags(statement).length > 0) return [];
    const { line } = source.getLineAndCharacterOfPosition(statement.getStart());
    return [`${path}:${line + 1} ${nameOf(statement)}`];
  });
}

function nameOf(statement: ts.Statement): string {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText()).join(', ');
  }
  const { name } = statement as ts.DeclarationStatement;
  return name?.getText() ?? '(without a name)';
}
