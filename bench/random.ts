/** Numbers from 0 to 1 that look random and are the same at every run: Marsaglia's xorshift of 32 bits. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
