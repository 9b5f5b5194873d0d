import { limits } from '../kit/limits.ts';
import type { LayerNode } from '../model/layer-index.ts';

/** What is known of a link: the real path it leads to after so many links, itself included, or how many are not enough. */
type KnownLink =
  | { readonly real: string; readonly links: number }
  | { readonly real: undefined; readonly notWithin: number };

/**
 * Follows links inside an image, as a process in it would. What was found out about a link is kept, so that hostile chains of
 * links are walked once; whoever changes the nodes needs another resolver.
 */
export class Resolver {
  readonly #nodeAt: (path: string) => LayerNode | undefined;
  readonly #known = new Map<string, KnownLink>();

  constructor(nodeAt: (path: string) => LayerNode | undefined) {
    this.#nodeAt = nodeAt;
  }

  /** The real path a path leads to; undefined at a loop. */
  real(path: string): string | undefined {
    return this.#walk(path, '', limits.linkDepth)?.real;
  }

  /** Where a thing of this name would be put: the directory is followed, the last part is not. */
  placeOf(path: string): string | undefined {
    const slash = path.lastIndexOf('/');
    if (slash < 0) return path;
    const directory = this.real(path.slice(0, slash));
    return directory === undefined ? undefined : join(directory, path.slice(slash + 1));
  }

  #walk(path: string, from: string, linksMax: number): { real: string; links: number } | undefined {
    let real = from;
    let links = 0;
    for (const part of path.split('/')) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        real = real.slice(0, Math.max(real.lastIndexOf('/'), 0));
        continue;
      }
      const here = join(real, part);
      const node = this.#nodeAt(here);
      if (node?.kind !== 'symbolic-link') {
        real = here;
        continue;
      }
      const end = this.#follow(here, node.target, linksMax - links);
      if (end === undefined) return undefined;
      links += end.links;
      real = end.real;
    }
    return { real, links };
  }

  #follow(link: string, target: string, linksMax: number): { real: string; links: number } | undefined {
    const known = this.#known.get(link);
    if (known?.real !== undefined) return known.links <= linksMax ? known : undefined;
    // No longer path can be followed.
    if (target.length > limits.pathBytes) return undefined;
    if (linksMax === 0 || (known !== undefined && known.notWithin >= linksMax)) return undefined;
    const from = target.startsWith('/') ? '' : link.slice(0, Math.max(link.lastIndexOf('/'), 0));
    const end = this.#walk(target, from, linksMax - 1);
    if (end === undefined) {
      this.#known.set(link, { real: undefined, notWithin: linksMax });
      return undefined;
    }
    const found = { real: end.real, links: end.links + 1 };
    this.#known.set(link, found);
    return found;
  }
}

function join(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}
