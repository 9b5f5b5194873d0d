import { hash } from 'node:crypto';
import type { CompiledQuery } from 'kysely';
import type { Statement } from './postgres-client.ts';
import { JsonRows } from './postgres-rows.ts';

/** A change with more values writes many rows, and its text depends on their number. */
const preparedValuesMax = 40;

/**
 * Prepares reads, and changes of few values, because they recur: each is parsed once on a connection, under a name that only
 * equal texts share. Behind a pooler, the process that runs the next statement may not know the name. In a session, a statement that
 * another version's migration has made obsolete would lose all staged rows.
 */
export function statementOf({ sql: text, parameters, query }: CompiledQuery, canPrepare: boolean): Statement {
  const [rows] = parameters;
  if (rows instanceof JsonRows) return prepared({ text, values: [rows.text] }, canPrepare);
  const values = isLookup(query) ? parameters.map(nullIfNul) : [...parameters];
  const recurs =
    query.kind === 'SelectQueryNode' || (isPlainChange(query) && values.length <= preparedValuesMax);
  return prepared({ text, values }, recurs && canPrepare);
}

function prepared(statement: Statement, canPrepare: boolean): Statement {
  return canPrepare ? nameStatement(statement) : statement;
}

/** Returns whether text values are only compared with stored ones. No update sets a text that may have any character. */
function isLookup({ kind }: CompiledQuery['query']): boolean {
  return kind === 'SelectQueryNode' || kind === 'DeleteQueryNode' || kind === 'UpdateQueryNode';
}

/** Stored text never has a NUL character, and the server refuses to compare one. Null equals nothing either. */
function nullIfNul(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(nullIfNul);
  return typeof value === 'string' && value.includes('\u0000') ? null : value;
}

/** Returns whether the text of a change is always the same. Statements that copy rows contain numbers. */
function isPlainChange(query: CompiledQuery['query']): boolean {
  if (query.kind === 'InsertQueryNode') return query.values?.kind === 'ValuesNode';
  return query.kind === 'UpdateQueryNode' || query.kind === 'DeleteQueryNode';
}

/** Prepares a statement whose text recurs, under a name that only equal texts share. */
export function nameStatement<T extends { readonly text: string }>(
  statement: T,
): T & { readonly name: string } {
  return { ...statement, name: hash('sha1', statement.text) };
}
