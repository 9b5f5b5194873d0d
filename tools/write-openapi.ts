import { writeFileSync } from 'node:fs';
import { apiDocument } from '../src/api/document.ts';

/** Writes `docs/reference/openapi.json`: the document of a server that asks for tokens. */
const file = new URL('../docs/reference/openapi.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(apiDocument(true), null, 2)}\n`);
