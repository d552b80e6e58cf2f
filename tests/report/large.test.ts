import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { curveChart } from '../../src/report/charts/curve.js';
import { lossChart, MOST_DRAWN } from '../../src/report/charts/losses.js';
import { trialsCsv } from '../../src/report/csv.js';
import { MOST_DETAILED, buildSummary, curveText, documentOf } from '../../src/report/index.js';
import { reportHtml } from '../../src/report/html.js';
import { fixture, threeArms } from './fixture.js';

const large = fixture({ text: 'name: large\nreplicates: 5001\nspace: { samplesPerClass: [10, 20] }\n' });

/** Rows of all data of a chart that have a field. */
function valuesWith(chart: unknown, field: string): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  JSON.stringify(chart, (key, value: unknown) => {
    if (key === 'values' && Array.isArray(value))
      found.push(
        ...(value as Record<string, unknown>[]).filter((row) => typeof row === 'object' && field in row),
      );
    return value;
  });
  return found;
}

describe('the report of very many trials', () => {
  it('leaves trials and epochs to other files, says so, and changes no other', () => {
    expect(large.trials).toBeGreaterThan(MOST_DETAILED);
    const document = documentOf(large);
    expect(document.trialReports).toEqual([]);
    expect(document.trialEpochs).toEqual([]);
    expect(document.arms).toEqual(large.arms);
    expect(large.notes.map(({ code }) => code)).toContain('details');
    const small = fixture({ text: threeArms });
    expect(documentOf(small)).toBe(small);
    expect(small.notes.map(({ code }) => code)).not.toContain('details');
  });

  it('writes its table in parts, with every trial', () => {
    const parts = [...trialsCsv(large)];
    expect(parts.length).toBeGreaterThan(10);
    const lines = parts.reduce((sum, part) => sum + part.split('\n').length - 1, 0);
    expect(lines).toBe(large.trials + 1);
  });

  it('draws as many losses and replicates as can be seen, and has a page that opens', () => {
    const trials = new Set(valuesWith(lossChart(large, 'wide'), 'epoch').map((row) => row['trial']));
    expect(trials.size).toBe(MOST_DRAWN);
    expect(valuesWith(curveChart(large, 'wide'), 'score').length).toBeLessThanOrEqual(3_100);
    expect(reportHtml(large, []).length).toBeLessThan(2_000_000);
  });
});

describe('the table of trials', () => {
  it('reads back as it was, whatever stands in a message', () => {
    const said = 'ended, "so to say"\r\nby SIGKILL';
    const model = fixture({
      text: threeArms,
      change: (_result, trial) =>
        trial.number === 2 ? { status: 'failed', failureCode: 'trainer-crashed', failureMessage: said } : {},
    });
    const rows: Record<string, string>[] = parse([...trialsCsv(model)].join(''), { columns: true });
    expect(rows).toHaveLength(model.trials);
    expect(rows[2]).toMatchObject({ trial: '2', failure_message: said });
    for (const [i, trial] of model.trialReports.entries()) {
      expect(Number(rows[i]!['test_accuracy'])).toBe(trial.testAccuracy);
      expect(rows[i]!['param_optimizer'] ?? '').toBe(String(trial.params['optimizer'] ?? ''));
    }
  });
});

describe('a summary', () => {
  it('says in a terminal what the report says, from figures alone', () => {
    const model = fixture({
      text: threeArms,
      change: (_result, trial) => (trial.number === 1 ? { status: 'failed', failureCode: 'bug' } : {}),
    });
    const arms = model.arms.map(({ hash, label, params }) => ({ armHash: hash, armLabel: label, params }));
    const summary = buildSummary({
      sweep: {
        id: 'b7c4',
        name: model.sweep.name,
        status: model.sweep.status,
        spec: model.made.spec,
        source: model.made.source,
        concurrency: 2,
        server: null,
        createdAt: new Date(model.sweep.createdAt),
        startedAt: new Date(model.sweep.startedAt!),
        finishedAt: new Date(model.sweep.finishedAt!),
      },
      arms,
      figures: model.trialReports,
      madeAt: new Date(model.madeAt),
    });
    // Arms are compared in the report alone.
    const answers = model.answers.filter((answer) => !answer.includes('the runner-up'));
    expect(model.answers).toHaveLength(answers.length + 1);
    expect(curveText(summary, { width: 100 })).toBe(curveText({ ...model, answers }, { width: 100 }));
    expect(summary.notes.map(({ code }) => code)).toEqual(['missing']);
  });
});
