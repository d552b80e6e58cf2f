/**
 * Optimizers by name. All parameters of a network are one vector, so that an update is a dozen operations however many
 * layers there are: tfjs' own Adam takes that many for each variable (3.4 against 1.3 ms of the LeNet's step).
 *
 * Constants that have no setting of their own are Keras'; tests/training/golden/optimizers.py has its values.
 */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { named } from '../named.js';
import { kernels, native } from './native.js';

/** What an optimizer remembers between steps. */
export interface OptimizerState {
  /** Steps so far. */
  readonly step: number;
  /** Its own vectors, each of shape [parameters]; none before the first step. They belong to the optimizer. */
  readonly vectors: readonly tf.Tensor1D[];
}

export interface Optimizer {
  readonly state: OptimizerState;
  /**
   * One step down.
   * @param parameters shape [parameters]
   * @param gradient of the loss, same shape
   * @returns the new parameters, same shape; the caller owns them
   */
  update(parameters: tf.Tensor1D, gradient: tf.Tensor1D, learningRate: number): tf.Tensor1D;
  dispose(): void;
}

interface Step {
  /** θ, shape [parameters]. */
  readonly parameters: tf.Tensor1D;
  /** g, shape [parameters]. */
  readonly gradient: tf.Tensor1D;
  readonly learningRate: number;
  /** The optimizer's own vectors, each of shape [parameters]. */
  readonly state: readonly tf.Tensor1D[];
  /** From 1. */
  readonly step: number;
}

interface Rule {
  /** Start values of the state's vectors. */
  readonly start: readonly number[];
  /** @returns the change that is to be taken from θ, then the new state */
  take(step: Step): readonly tf.Tensor[];
}

const EPSILON = 1e-7;
/** Of Adam and those after it. */
const BETA_1 = 0.9;
const BETA_2 = 0.999;
/** Of RMSprop, and of Adadelta. */
const RHO = { rmsprop: 0.9, adadelta: 0.95 };

/** ρ a + (1 − ρ) b */
const blend = (rho: number, a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  tf.add(tf.mul(a, rho), tf.mul(b, 1 - rho));

/** √(x + ε) */
const root = (x: tf.Tensor): tf.Tensor => tf.sqrt(tf.add(x, EPSILON));

const sgd = (): Rule => ({
  start: [],
  take: ({ gradient, learningRate }) => [tf.mul(gradient, learningRate)],
});

/** Polyak's heavy ball; v ← μ v + α g. */
const momentum = (mu: number): Rule => ({
  start: [0],
  take: ({ gradient, learningRate, state: [v] }) => {
    const next = tf.add(tf.mul(v!, mu), tf.mul(gradient, learningRate));
    return [next, next];
  },
});

/** Sutskever et al., On the importance of initialization and momentum in deep learning, 2013, as Keras rewrites it. */
const nesterov = (mu: number): Rule => ({
  start: [0],
  take: ({ gradient, learningRate, state: [v] }) => {
    const slope = tf.mul(gradient, learningRate);
    const next = tf.add(tf.mul(v!, mu), slope);
    return [tf.add(tf.mul(next, mu), slope), next];
  },
});

/** Duchi et al., Adaptive subgradient methods, JMLR 2011. */
const adagrad = (): Rule => ({
  start: [0.1],
  take: ({ gradient, learningRate, state: [sum] }) => {
    const next = tf.add(sum!, tf.square(gradient));
    return [tf.div(tf.mul(gradient, learningRate), root(next)), next];
  },
});

/** Zeiler, arXiv:1212.5701, algorithm 1. */
const adadelta = (): Rule => ({
  start: [0, 0],
  take: ({ gradient, learningRate, state: [squares, changes] }) => {
    const next = blend(RHO.adadelta, squares!, tf.square(gradient));
    const change = tf.div(tf.mul(root(changes!), gradient), root(next));
    return [tf.mul(change, learningRate), next, blend(RHO.adadelta, changes!, tf.square(change))];
  },
});

/** Tieleman and Hinton, Lecture 6.5, 2012. */
const rmsprop = (): Rule => ({
  start: [0],
  take: ({ gradient, learningRate, state: [squares] }) => {
    const next = blend(RHO.rmsprop, squares!, tf.square(gradient));
    return [tf.div(tf.mul(gradient, learningRate), root(next)), next];
  },
});

/** Kingma and Ba, arXiv:1412.6980, algorithm 1 with the order of its section 2. */
const adam = (): Rule => ({
  start: [0, 0],
  take: ({ gradient, learningRate, state: [m, v], step }) => {
    const rate = (learningRate * Math.sqrt(1 - BETA_2 ** step)) / (1 - BETA_1 ** step);
    if (kernels() === 'own') {
      // The same numbers to the bit in one pass over memory; eleven passes are a tenth of a VGG16's step.
      const settings = tf.tensor1d([BETA_1, 1 - BETA_1, BETA_2, 1 - BETA_2, rate, EPSILON]);
      return native().executeMultipleOutputs('ElbowAdam', [], [gradient, m!, v!, settings], 3);
    }
    const first = blend(BETA_1, m!, gradient);
    const second = blend(BETA_2, v!, tf.square(gradient));
    return [tf.div(tf.mul(first, rate), tf.add(tf.sqrt(second), EPSILON)), first, second];
  },
});

/** The same paper, algorithm 2. */
const adamax = (): Rule => ({
  start: [0, 0],
  take: ({ gradient, learningRate, state: [m, u], step }) => {
    const first = blend(BETA_1, m!, gradient);
    const norm = tf.maximum(tf.mul(u!, BETA_2), tf.abs(gradient));
    const rate = learningRate / (1 - BETA_1 ** step);
    return [tf.div(tf.mul(first, rate), tf.add(norm, EPSILON)), first, norm];
  },
});

/** Dozat, Incorporating Nesterov momentum into Adam, 2016, with its schedule of momenta. */
function nadam(): Rule {
  const momentumAt = (step: number): number => BETA_1 * (1 - 0.5 * 0.96 ** step);
  let product = 1;
  let multiplied = 0;
  /** Of the momenta of the steps up to this one. */
  const productTo = (step: number): number => {
    for (; multiplied < step; multiplied++) product *= momentumAt(multiplied + 1);
    return product;
  };
  return {
    start: [0, 0],
    take: ({ gradient, learningRate, state: [m, v], step }) => {
      const first = blend(BETA_1, m!, gradient);
      const second = blend(BETA_2, v!, tf.square(gradient));
      const now = (1 - momentumAt(step)) / (1 - productTo(step));
      const next = momentumAt(step + 1) / (1 - productTo(step) * momentumAt(step + 1));
      const ahead = tf.add(tf.mul(first, next), tf.mul(gradient, now));
      const deviation = tf.sqrt(tf.div(second, 1 - BETA_2 ** step));
      return [tf.div(tf.mul(ahead, learningRate), tf.add(deviation, EPSILON)), first, second];
    },
  };
}

/** By name, given the momentum μ in [0, 1). `adamw` is Adam with a weight decay, which is a setting of its own. */
const rules: Readonly<Record<string, (mu: number) => Rule>> = {
  sgd,
  momentum,
  nesterov,
  adagrad,
  adadelta,
  rmsprop,
  adam,
  adamw: adam,
  adamax,
  nadam,
};

export interface OptimizerSettings {
  readonly name: string;
  /** Of `momentum` and `nesterov`, in [0, 1). */
  readonly momentum: number;
  /** λ ≥ 0 of θ ← θ − α λ θ before each step. @see Loshchilov and Hutter, arXiv:1711.05101, algorithm 2 */
  readonly weightDecay: number;
}

/**
 * @param from the state to go on from, whose vectors it takes over; left out at the start
 * @throws ElbowError `usage` for a name that is none
 */
export function createOptimizer(
  { name, momentum: mu, weightDecay }: OptimizerSettings,
  from: OptimizerState = { step: 0, vectors: [] },
): Optimizer {
  const rule = named(rules, 'optimizer', name)(mu);
  let { step, vectors } = from;
  return {
    get state() {
      return { step, vectors };
    },
    update: (parameters, gradient, learningRate) => {
      step++;
      const before = vectors;
      const [next, ...after] = tf.tidy((): tf.Tensor1D[] => {
        const own = step === 1 ? rule.start.map((value) => tf.fill(parameters.shape, value)) : before;
        const decayed = weightDecay > 0 ? tf.mul(parameters, 1 - learningRate * weightDecay) : parameters;
        const [change, ...changed] = rule.take({
          parameters,
          gradient,
          learningRate,
          state: own as readonly tf.Tensor1D[],
          step,
        });
        return [tf.sub(decayed, change!), ...changed] as tf.Tensor1D[];
      });
      tf.dispose([...before]);
      vectors = after.map((vector) => tf.keep(vector));
      return next!;
    },
    dispose: () => {
      tf.dispose([...vectors]);
      vectors = [];
    },
  };
}
