/** Start values of kernels by name; biases start at 0, the scales of norms at 1. */
import { named } from '../named.js';
import { normals, uniforms } from '../random.js';

/** What a kernel's spread depends on: sums of a unit that go in, and that a weight's input goes out to. */
export interface Fans {
  readonly in: number;
  readonly out: number;
}

/**
 * @param count of values, integer ≥ 0
 * @returns shape [count]; equal seeds give equal values
 */
export type Initialiser = (count: number, fans: Fans, seed: number) => Float32Array;

export const initialiserNames = ['glorot-uniform', 'glorot-normal', 'he-uniform', 'he-normal'] as const;

/** All have the variance 2 / n; these are the n. */
type Divisor = (fans: Fans) => number;

/** @see Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010, eq. 12 */
const glorot: Divisor = (fans) => fans.in + fans.out;

/** @see He et al., Delving deep into rectifiers, arXiv:1502.01852, eq. 10 */
const he: Divisor = (fans) => fans.in;

/** U(−a, a), whose variance is a² / 3. */
const uniform =
  (divisor: Divisor): Initialiser =>
  (count, fans, seed) => {
    const limit = Math.sqrt(6 / divisor(fans));
    return new Float32Array(uniforms(count, seed).map((u) => (2 * u - 1) * limit));
  };

/** The whole bell, as He et al. write it; Keras cuts it at two standard deviations. */
const normal =
  (divisor: Divisor): Initialiser =>
  (count, fans, seed) => {
    const deviation = Math.sqrt(2 / divisor(fans));
    return new Float32Array(normals(count, seed).map((z) => z * deviation));
  };

const initialisers: Readonly<Record<(typeof initialiserNames)[number], Initialiser>> = {
  'glorot-uniform': uniform(glorot),
  'glorot-normal': normal(glorot),
  'he-uniform': uniform(he),
  'he-normal': normal(he),
};

/** @throws ElbowError `usage` for a name that is none */
export const initialiserOf = (name: string): Initialiser => named(initialisers, 'initialiser', name);
