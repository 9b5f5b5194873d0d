import type { Input } from './target/target.ts';

const executionsMax = 3000;
const msMax = 10_000;

/** Returns a smaller input with the same fault: removes files, then ever smaller ranges of each file. */
export async function minimise(input: Input, fails: (input: Input) => Promise<boolean>): Promise<Input> {
  const end = performance.now() + msMax;
  let left = executionsMax;
  let best = input;
  const accept = async (candidate: Input): Promise<boolean> => {
    if (left-- <= 0 || performance.now() > end || !(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  if (input.size > 1) for (const path of input.keys()) await accept(without(best, path));
  for (const path of [...best.keys()]) await shorten(path, () => best, accept);
  return best;
}

async function shorten(
  path: string,
  best: () => Input,
  accept: (candidate: Input) => Promise<boolean>,
): Promise<void> {
  const length = (): number => best().get(path)?.length ?? 0;
  for (let size = Math.max(length() >> 1, 1); size >= 1; size = size > 1 ? size >> 1 : 0) {
    for (let at = 0; at < length(); ) {
      const bytes = best().get(path) ?? Buffer.alloc(0);
      const shorter = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
      if (!(await accept(new Map([...best(), [path, shorter]])))) at += size;
    }
  }
}

function without(input: Input, path: string): Input {
  return new Map([...input].filter(([other]) => other !== path));
}
