import type { Config } from '../../config/settings.ts';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { cellOfRegistry, registriesOfCell } from '../../service/cells/assign-registry.ts';
import type { CellAddress } from '../../service/cells/cell.ts';
import { readInputFile } from '../read-file.ts';

/** The cells of the settings. */
export interface CellsPlan {
  /** The cell that this server is a part of. Undefined for a server over all of them. */
  readonly own: string | undefined;
  readonly cells: readonly CellAddress[];
}

type CellSettings = Pick<Config, 'cell' | 'cells'>;

/** Returns the plan. Undefined if the settings name no cell. Throws `config-invalid`. */
export async function cellsPlan({ cell: own, cells }: CellSettings): Promise<CellsPlan | undefined> {
  const names = Object.keys(cells);
  if (own !== '' && !names.includes(own))
    throw invalid(`cell must be one of cells, and they do not have ${own}`);
  if (names.length === 0) return undefined;
  if (names.length > limits.cells) throw invalid(`cells has more than ${limits.cells} entries`);
  const addresses = await Promise.all(Object.entries(cells).map(addressOf));
  return { own: own === '' ? undefined : own, cells: addresses };
}

async function addressOf([name, settings]: [string, Config['cells'][string]]): Promise<CellAddress> {
  const { url: text = '', token = '', tokenfile = '' } = settings;
  const path = `cells.${name}`;
  if (!/^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/.test(name))
    throw invalid(`${path}: a name has up to 63 of a-z, 0-9 and hyphen`);
  const url = cellUrl(text, path);
  if (token !== '' && tokenfile !== '') throw invalid(`${path} has both token and tokenfile: remove one`);
  const given = tokenfile === '' ? token : await tokenIn(tokenfile, path);
  if (/[^\x21-\x7e]/.test(given)) throw invalid(`${path}: the token has characters that no token has`);
  return { name, url, token: given === '' ? undefined : given };
}

function cellUrl(text: string, path: string): URL {
  const url = URL.parse(text);
  const isPlain =
    url !== null && [url.username, url.password, url.search, url.hash].every((part) => part === '');
  if (isPlain && /^https?:$/.test(url.protocol)) return url;
  throw invalid(`${path}.url must be like https://clair.example:6060, without a password and a query`);
}

async function tokenIn(file: string, path: string): Promise<string> {
  const token = (await readInputFile(file, { limit: 'credentialBytes', code: 'config-invalid' }))
    .toString()
    .trim();
  if (token === '') throw invalid(`${path}.tokenfile names an empty file`);
  return token;
}

function invalid(message: string): ClairError {
  return new ClairError('config-invalid', message);
}

/** Returns what belongs to the cell of a server, by the addresses of registries: everything without cells. */
export function ofOwnCell<T extends { readonly registry: string }>(
  registries: readonly T[],
  { cell, cells }: CellSettings,
): T[] {
  const names = Object.keys(cells);
  if (cell === '' || names.length === 0) return [...registries];
  return registriesOfCell(cell, registries, names);
}

/** Returns the cell that a registry belongs to, if it is another one than that of the server. Undefined without cells. */
export function otherCellOf(registry: string, { cell, cells }: CellSettings): string | undefined {
  const names = Object.keys(cells);
  const owner = cell === '' || names.length === 0 ? cell : cellOfRegistry(registry, names);
  return owner === cell ? undefined : owner;
}
