/** How answers to pictures are told. */
import type { ElbowError } from '../errors.js';
import type { CalibrationSummary, Picture, Unfamiliarity, Verdict } from '../predict/index.js';
import type { KeptModel } from './kept-model.js';
import type { Output } from './output.js';
import { trialText } from './sweep-facts.js';
import { countedText, countText, figureText } from './text.js';

/** A picture with what was made of it. */
export interface Answered extends Verdict {
  readonly file: string;
  readonly picture: Picture;
  readonly logits: readonly number[];
  readonly unfamiliarity: Unfamiliarity | null;
}

/** A picture that cannot be used. */
export interface Refused {
  readonly file: string;
  readonly error: ElbowError;
}

/** What `elbow predict` found out. */
export interface Predictions {
  readonly answered: readonly Answered[];
  readonly refused: readonly Refused[];
  readonly calibration: CalibrationSummary | null;
  readonly problem: string | null;
}

const BAR = 24;
/** A bar's last letter may be filled by eighths. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/** Where less of a picture is seen, it is told. */
const MUCH = 0.7;

export function printPredictions(found: Predictions, kept: KeptModel, out: Output): void {
  const { answered, refused, calibration, problem } = found;
  if (out.json) {
    out.document([
      ...answered.map((one) => documentOf(one, found)),
      ...refused.map(({ file, error }) => ({ file, error: error.toJSON() })),
    ]);
  } else {
    if (answered.length > 0)
      out.result(`${out.colors.bold(kept.place.sweep)} ${kept.place.trial}: ${subtitleText(kept)}`);
    for (const one of answered) printAnswer(one, out);
  }
  if (answered.length > 0) out.note(calibrationText(calibration, problem));
  for (const { error } of refused) {
    out.note(`${out.colors.red('error')}: ${error.message}`);
    if (error.hint !== undefined) out.note(`  ${error.hint}`);
  }
}

function documentOf(one: Answered, { calibration, problem }: Predictions): object {
  const { file, picture, top, logits, unfamiliarity, doubts } = one;
  const { format, width, height, seen, isBlank } = picture;
  return {
    file,
    picture: { format, width, height, seen, isBlank },
    top,
    isTrusted: doubts.length === 0,
    doubts,
    unfamiliarity,
    logits,
    calibration: calibration && {
      ...calibration,
      temperature: calibration.temperature.value,
      isTemperatureAtBound: calibration.temperature.isAtBound,
    },
    problem,
  };
}

function printAnswer({ file, picture, top, unfamiliarity, doubts }: Answered, out: Output): void {
  const { bold, dim, yellow } = out.colors;
  const { width, height, format, seen } = picture;
  out.result();
  out.result(`${bold(file)}  ${dim(`${countText(width)}×${countText(height)} ${format}`)}`);
  const widest = Math.max(...top.map(({ class: name }) => name.length));
  for (const [i, { class: name, probability }] of top.entries()) {
    const text = `  ${name.padEnd(widest)}  ${barOf(probability)}  ${`${(100 * probability).toFixed(1)} %`.padStart(7)}`;
    out.result(i === 0 ? bold(text) : text);
  }
  if (unfamiliarity) {
    const share = Math.floor(100 * unfamiliarity.moreUnusualThan);
    out.result(dim(`  more unusual than ${share} % of the validation images`));
  }
  if (seen < MUCH) {
    out.result(dim(`  the network sees the middle ${Math.round(100 * seen)} % of it, as it takes squares`));
  }
  for (const { message } of doubts) out.result(yellow(`  ${message}`));
}

function barOf(share: number): string {
  const eighths = Math.round(share * BAR * 8);
  const filled = `${'█'.repeat(eighths >> 3)}${EIGHTHS[eighths & 7]}`;
  return filled.padEnd(BAR);
}

/** What the trial is, and how good. */
export function subtitleText({ result }: KeptModel): string {
  return `${trialText(result)} · test accuracy ${figureText(result.testAccuracy)}`;
}

/** How much the figures can be relied on. */
export function calibrationText(calibration: CalibrationSummary | null, problem: string | null): string {
  if (!calibration) {
    return `Not calibrated. ${problem ?? ''} The probabilities are the network's own, and how unfamiliar a picture is cannot be said.`;
  }
  const { validationImages, temperature, calibrationError, falseAlarmRate } = calibration;
  const bound = temperature.isAtBound ? ' (the end of what is tried)' : '';
  const few =
    validationImages < 1 / falseAlarmRate - 1 ? ' These are too few to call a picture unfamiliar.' : '';
  return (
    `Calibrated on ${countedText(validationImages, 'validation image')}: temperature ${temperature.value.toFixed(2)}${bound}, ` +
    `calibration error ${calibrationError.before.toFixed(3)} before and ${calibrationError.after.toFixed(3)} after. ` +
    `About ${Math.round(100 * falseAlarmRate)} % of pictures like the network's own are called unlike them.${few}`
  );
}
