/** What `elbow fit --report DIR` does besides: fits as a page draws them, and the files. */
import { basename } from 'node:path';
import type { CurveFit } from '../curves/index.js';
import { elbowVersion } from '../paths.js';
import type { Asked } from './fit-options.js';
import type { ArmScores } from './score-table.js';

export interface FitReport {
  /** The fit of an arm, which the page keeps with its curve. */
  readonly fit: (arm: ArmScores) => CurveFit;
  /**
   * Once all arms are fitted.
   * @param document what `--json` prints
   * @returns absolute paths, report.html first
   * @throws ElbowError `disk-full` or `usage` when the folder cannot be written to
   */
  readonly write: (document: Readonly<Record<string, unknown>>) => Promise<readonly string[]>;
}

export interface FitReportOptions {
  /** As it was typed. */
  readonly file: string;
  readonly scoreName: string;
  /** Absolute path. */
  readonly dir: string;
}

export async function openFitReport(
  arms: readonly ArmScores[],
  asked: Asked,
  { file, scoreName, dir }: FitReportOptions,
): Promise<FitReport> {
  const { buildTableReport, coloredArms, fitDrawn, writeTableReport } = await import('../report/index.js');
  const colored = coloredArms(arms, asked.direction);
  const drawn = new Map<string, ReturnType<typeof fitDrawn>>();
  return {
    fit: ({ arm, scores }) => {
      const one = fitDrawn(scores, asked, colored.has(arm));
      drawn.set(arm, one);
      return one.fit;
    },
    write: async (document) => {
      const model = buildTableReport({
        title: file === '-' ? 'standard input' : basename(file),
        scoreName,
        arms: arms.map((one) => ({ ...one, drawn: drawn.get(one.arm)! })),
        asked,
        madeAt: new Date(),
        elbowVersion,
      });
      return (await writeTableReport(model, document, dir)).files;
    },
  };
}
