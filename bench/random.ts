/** Returns a generator of repeatable random numbers from 0 to 1: Marsaglia's xorshift with 32 bits. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
