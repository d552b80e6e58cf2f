/** What a paper says of how the figures came about: one paragraph and its sources. Pure. */
import { datasetFacts, datasetName } from '../spec/index.js';
import { varyingParams } from './arm-names.js';
import { count, counted, listed } from './format.js';
import type { Methods } from './finding-types.js';
import type { ReportModel } from './types.js';

type Draft = Omit<ReportModel, 'answers' | 'notes' | 'methods'>;

/** More settings than this are not named. */
const MOST_NAMED = 4;

/** Null where nothing was measured. */
export function methodsOf(model: Draft): Methods | null {
  if (model.arms.every(({ points, sizeless }) => points.length === 0 && sizeless === null)) return null;
  const said = [whatRan(model), training(model), curves(model), intervals(model), comparisons(model)].flat();
  return { text: [...said, versions(model)].join(' '), sources: sourcesOf(model) };
}

const isFitted = ({ arms }: Draft): boolean =>
  arms.some(({ fit }) => fit !== null && fit.families.length > 0);
const areTested = ({ comparisons }: Draft): boolean => (comparisons?.family ?? 0) > 0;
const percent = ({ confidence }: Draft): string => `${Math.round(100 * confidence)} %`;

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

function curves(model: Draft): string[] {
  if (!isFitted(model)) return [];
  return [
    'Curves are averages over parametric families (Viering & Loog 2022; Mohr et al. 2022), weighted by explanation and extrapolation (Hoeting et al. 1999).',
    `The elbow is the smallest size from which no doubling brings ${model.delta}.`,
  ];
}

function intervals(model: Draft): string[] {
  const { arms, score } = model;
  const isKnown = arms.some(
    ({ points, sizeless }) => points.some(({ pooled }) => pooled !== null) || Boolean(sizeless?.interval),
  );
  if (!isKnown) return [];
  const beyond = isFitted(model) ? ', beyond the sizes quantiles of possible curves' : '';
  const what = score.isAccuracy ? `, for the expected ${score.name} of this procedure on this test set` : '';
  return [`Intervals (${percent(model)}) are Student’s t over replicates${beyond}${what}.`];
}

function comparisons(model: Draft): string[] {
  const { comparisons: found } = model;
  if (found === null || !areTested(model)) return [];
  const where = found.n === null ? '' : ` at ${count(found.n)} per class`;
  const best = found.against === null ? '' : ' with the best';
  const together = found.family === 1 ? '' : ` (${count(found.family)} adjusted together, Holm 1979)`;
  return [
    `Arms were compared${best}${where} by paired t tests${together} and two one-sided tests within ${found.margin} (Schuirmann 1987).`,
  ];
}

function versions({ elbowVersion, made: { environments } }: Draft): string {
  const known = [...new Set(environments.flatMap(({ tensorflow }) => tensorflow ?? []))];
  const through = known.length === 0 ? '' : `, TensorFlow ${listed(known)} through TensorFlow.js`;
  return `Software: elbow ${elbowVersion}${through}.`;
}

/** Of the methods that the report used alone, as the docstrings of the curves have them. */
function sourcesOf(model: Draft): string[] {
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
      model.bestOf !== null,
      'Cawley and Talbot. On Over-fitting in Model Selection and Subsequent Selection Bias in Performance Evaluation. Journal of Machine Learning Research 11, 2010.',
    ],
  ];
  return cited.flatMap(([isUsed, source]) => (isUsed ? [source] : [])).sort();
}
