/**
 * Seeds and random numbers. Every seed is derived from `(sweep seed, replicate, purpose)` and nothing else, so the
 * order of work, the worker and a rerun change nothing.
 */
import { createHash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** PractRand's: after them every bit of the seed has reached every bit of the state. */
const MIXING_ROUNDS = 12;

/** What a seed is for; a purpose never shares its stream with another. */
export type SeedPurpose =
  'subset' | 'split' | 'initialisation' | 'shuffle' | 'dropout' | 'augmentation' | 'noop' | 'command';

/**
 * A 31-bit seed: the first bytes of SHA-256 over `sweepSeed/replicate/purpose[/extra…]`.
 * @param extra further coordinates, such as the epoch or a class, each an integer or a word
 * @returns integer in [0, 2³¹)
 */
export function deriveSeed(
  sweepSeed: number,
  replicate: number,
  purpose: SeedPurpose,
  ...extra: readonly (number | string)[]
): number {
  const text = [sweepSeed, replicate, purpose, ...extra].join('/');
  return createHash('sha256').update(text).digest().readUInt32BE(0) >>> 1;
}

/**
 * Fisher–Yates permutation of 0…length−1.
 * @param length integer ≥ 0
 * @returns shape [length]; equal seeds give equal permutations
 */
export function permutation(length: number, seed: number): Uint32Array {
  const order = new Uint32Array(length).map((_, i) => i);
  const generator = xoroshiro128plus(seed);
  for (let i = length - 1; i > 0; i--) {
    const j = uniformInt(generator, 0, i);
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}

/**
 * Uniform numbers in [0, 1) with 32 random bits each.
 * @param length integer ≥ 0
 */
export function uniforms(length: number, seed: number): Float64Array {
  const generator = xoroshiro128plus(seed);
  return new Float64Array(length).map(() => uniformInt(generator, 0, 0xffffffff) / 0x100000000);
}

/**
 * Numbers of the standard normal distribution.
 * @param length integer ≥ 0
 * @see Box and Muller, A note on the generation of random normal deviates, 1958
 */
export function normals(length: number, seed: number): Float64Array {
  const pairs = uniforms(2 * Math.ceil(length / 2), seed);
  return new Float64Array(length).map((_, i) => {
    const first = i - (i % 2);
    // 1 − u is in (0, 1]: its logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - pairs[first]!));
    const angle = 2 * Math.PI * pairs[first + 1]!;
    return radius * (i === first ? Math.cos(angle) : Math.sin(angle));
  });
}

/**
 * A cheap stream of uniform numbers in [0, 1) with 32 random bits each, for one of many: an image in an epoch. Streams of
 * other seeds and indices are independent of it; a batch of 128 costs less than the twentieth part of a millisecond.
 * @param seed integer in [0, 2³²)
 * @param index of the one, integer in [0, 2³²)
 * @see sfc32 of Doty-Humphrey's PractRand, seeded with both as its 64-bit seed
 */
export function streamOf(seed: number, index: number): () => number {
  let a = 0;
  let b = seed | 0;
  let c = index | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 0x100000000;
  };
  for (let round = 0; round < MIXING_ROUNDS; round++) next();
  return next;
}
