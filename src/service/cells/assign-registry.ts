import { createHash } from 'node:crypto';

/**
 * Returns the cell that a registry belongs to, by rendezvous hashing: the cell with the highest hash of both names. The order of the cells
 * does not matter. A further cell takes its share from all others, and no registry moves between those. Throws without any cell.
 */
export function cellOfRegistry(registry: string, cells: readonly string[]): string {
  const [owner] = cells
    .map((cell) => ({ cell, weight: weightOf(registry, cell) }))
    .sort((a, b) => Buffer.compare(b.weight, a.weight));
  if (owner === undefined) throw new Error('a registry belongs to one of at least one cell');
  return owner.cell;
}

/** Returns the registries that belong to a cell, by their addresses. */
export function registriesOfCell<T extends { readonly registry: string }>(
  cell: string,
  registries: readonly T[],
  cells: readonly string[],
): T[] {
  return registries.filter(({ registry }) => cellOfRegistry(registry, cells) === cell);
}

function weightOf(registry: string, cell: string): Buffer {
  // Neither name contains a line break.
  return createHash('sha256').update(`${cell}\n${registry.toLowerCase()}`).digest();
}
