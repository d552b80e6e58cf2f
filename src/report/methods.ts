/** What a paper says of how the figures came about: one paragraph and its sources. Pure. */
import { datasetFacts, datasetName } from '../spec/index.js';
import { varyingParams } from './arm-names.js';
import type { CurvesModel } from './curves-types.js';
import { count, counted, listed, percent } from './format.js';
import type { ComparisonReport, Methods } from './finding-types.js';
import type { ReportModel } from './types.js';

type Draft = Omit<ReportModel, 'answers' | 'notes' | 'methods'>;
/** What is said of curves and comparisons, whoever made the scores. */
type Curves = Pick<CurvesModel, 'arms' | 'score' | 'confidence' | 'delta' | 'comparisons' | 'bestOf'> &
  Partial<Pick<ReportModel, 'effects'>> &
  Pick<ReportModel, 'elbowVersion'>;

/** More settings than this are not named. */
const MOST_NAMED = 4;

/** Of a sweep; null where nothing was measured. */
export function methodsOf(model: Draft): Methods | null {
  const { environments } = model.made;
  const tensorflow = [...new Set(environments.flatMap((one) => one.tensorflow ?? []))];
  return curveMethods(model, [whatRan(model), ...training(model)], tensorflow);
}

/**
 * Of curves and comparisons; null where nothing was measured.
 * @param ran what was run, in sentences that stand first
 * @param tensorflow versions that it ran with
 */
export function curveMethods(
  model: Curves,
  ran: readonly string[] = [],
  tensorflow: readonly string[] = [],
): Methods | null {
  if (model.arms.every(({ points, sizeless }) => points.length === 0 && sizeless === null)) return null;
  const through = tensorflow.length === 0 ? '' : `, TensorFlow ${listed(tensorflow)} through TensorFlow.js`;
  const software = `Software: elbow ${model.elbowVersion}${through}.`;
  const said = [...ran, ...curves(model), ...intervals(model), ...comparisons(model), software];
  return { text: said.join(' '), sources: sourcesOf(model) };
}

const isFitted = ({ arms }: Curves): boolean =>
  arms.some(({ fit }) => fit !== null && fit.families.length > 0);
const areTested = ({ comparisons }: Curves): boolean => (comparisons?.family ?? 0) > 0;
const arePaired = ({ pairs }: ComparisonReport): boolean => pairs.every(({ isPaired }) => isPaired);

/** Data, arms, sizes and replicates. */
function whatRan(model: Draft): string {
  const { arms, sizes, score, trials, counts, made } = model;
  const { spec } = made;
  const names = varyingParams(arms);
  const differ = names.length === 0 || names.length > MOST_NAMED ? '' : ` (${listed(names)})`;
  const where =
    sizes.length === 0
      ? ''
      : sizes.length === 1
        ? ` with ${count(sizes[0]!)} samples per class`
        : ` at ${sizes.length} sizes (${count(sizes[0]!)} to ${count(sizes.at(-1)!)} samples per class)`;
  const missing = counts.succeeded < trials ? `, ${count(counts.succeeded)} succeeded` : '';
  const name = score.isAccuracy ? 'Test accuracy' : `The ${score.name}`;
  return `${name}${dataOf(model)} was measured for ${counted(arms.length, 'arm')}${differ}${where} in ${counted(spec.replicates, 'replicate')} (${counted(trials, 'trial')}${missing}; seed ${spec.seed}).`;
}

/** ` on cifar10 (10 classes, 10,000 test images)`; nothing for a program, whose data nobody here knows. */
function dataOf({ made: { spec } }: Draft): string {
  const facts = datasetFacts(spec.dataset);
  if (spec.trainable.kind !== 'builtin' || facts === undefined) return '';
  const test = counted(facts.testSize, facts.isTable ? 'test row' : 'test image');
  return ` on ${datasetName(spec.dataset)} (${counted(facts.classes, 'class', 'classes')}, ${test})`;
}

/** How elbow's own networks are trained; what a program does nobody here knows. */
function training({ made: { spec }, arms }: Draft): string[] {
  const areCompared = arms.length > 1 && spec.replicates > 1;
  if (spec.trainable.kind !== 'builtin') return areCompared ? ['Arms of a replicate share its seeds.'] : [];
  const patience = valuesOf(arms, 'patience');
  return [
    areCompared
      ? 'Arms of a replicate share nested subsets (a fifth for validation) and seeds.'
      : 'Subsets were nested, a fifth of each for validation.',
    `Training stopped early${patience === '' ? '' : ` (patience ${patience})`}, and scores are those of the weights best in validation.`,
  ];
}

/** `3`, or `3 or 50`; nothing where arms have none, or too many to name. */
function valuesOf(arms: Draft['arms'], name: string): string {
  const values = [...new Set(arms.flatMap(({ params }) => params[name] ?? []))];
  return values.length > MOST_NAMED ? '' : values.map(String).join(' or ');
}

function curves(model: Curves): string[] {
  if (!isFitted(model)) return [];
  return [
    'Curves are averages over parametric families (Viering & Loog 2022; Mohr et al. 2022), weighted by fit and extrapolation (Hoeting et al. 1999).',
    `The elbow is the smallest size from which no doubling brings ${model.delta}.`,
  ];
}

function intervals(model: Curves): string[] {
  const { arms, score, confidence } = model;
  const isKnown = arms.some(
    ({ points, sizeless }) => points.some(({ pooled }) => pooled !== null) || Boolean(sizeless?.interval),
  );
  if (!isKnown) return [];
  const beyond = isFitted(model) ? ', beyond the sizes quantiles of possible curves' : '';
  const what = score.isAccuracy ? `, for the expected ${score.name} of this procedure on this test set` : '';
  return [`Intervals (${percent(confidence)}) are Student’s t over replicates${beyond}${what}.`];
}

function comparisons(model: Curves): string[] {
  const { comparisons: found } = model;
  if (found === null || !areTested(model)) return [];
  const { n, pairs } = found;
  const where = n === null ? '' : n === 'mean' ? ' over all sizes' : ` at ${count(n)} per class`;
  const tests = arePaired(found)
    ? 'paired'
    : pairs.some(({ isPaired }) => isPaired)
      ? 'paired or, without shared seeds, Welch’s'
      : 'Welch’s';
  const best = found.against === null ? '' : ' with the best';
  const together = found.family === 1 ? '' : ` (${count(found.family)} adjusted together, Holm 1979)`;
  return [
    `Arms were compared${best}${where} by ${tests} t tests${together} and two one-sided tests within ${found.margin} (Schuirmann 1987).`,
  ];
}

/** Of the methods that the report used alone, as the docstrings of the curves have them. */
function sourcesOf(model: Curves): string[] {
  const hasEffects = (model.effects?.found?.main.family ?? 0) > 1;
  const cited: [boolean, string][] = [
    [
      isFitted(model),
      'Hoeting, Madigan, Raftery and Volinsky. Bayesian Model Averaging: A Tutorial. Statistical Science 14, 1999.',
    ],
    [
      (model.comparisons?.family ?? 0) > 1 || hasEffects,
      'Holm. A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6, 1979.',
    ],
    [
      isFitted(model),
      'Mohr, Viering, Loog and van Rijn. LCDB 1.0: An Extensive Learning Curves Database for Classification Tasks. ECML PKDD 2022.',
    ],
    [
      isFitted(model),
      'Satopää, Albrecht, Irwin and Raghavan. Finding a “Kneedle” in a Haystack. ICDCS Workshops 2011.',
    ],
    [
      areTested(model),
      'Schuirmann. A comparison of the two one-sided tests procedure and the power approach for assessing the equivalence of average bioavailability. Journal of Pharmacokinetics and Biopharmaceutics 15, 1987.',
    ],
    [
      isFitted(model),
      'Viering and Loog. The Shape of Learning Curves: a Review. IEEE Transactions on Pattern Analysis and Machine Intelligence, 2022 (arXiv:2103.10948).',
    ],
    [
      areTested(model) && !arePaired(model.comparisons!),
      'Welch. The generalization of ‘Student’s’ problem when several different population variances are involved. Biometrika 34, 1947.',
    ],
    [
      model.bestOf !== null,
      'Cawley and Talbot. On Over-fitting in Model Selection and Subsequent Selection Bias in Performance Evaluation. Journal of Machine Learning Research 11, 2010.',
    ],
  ];
  return cited.flatMap(([isUsed, source]) => (isUsed ? [source] : [])).sort();
}
