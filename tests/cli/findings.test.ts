import { PassThrough } from 'node:stream';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { printFindings } from '../../src/cli/findings.js';
import type { Output } from '../../src/cli/output.js';
import type { Finding } from '../../src/storage/storage.js';

/** What is printed on a terminal of so many columns. */
function printed(findings: readonly Finding[], width = 60): string[] {
  const lines: string[] = [];
  const out: Output = {
    json: false,
    isTerminal: false,
    width,
    colors: pc.createColors(false),
    stderr: new PassThrough(),
    result: (line = '') => void lines.push(line),
    document: () => undefined,
    note: () => undefined,
  };
  printFindings(findings, out);
  return lines;
}

describe('findings in a terminal', () => {
  it('are nothing where nothing was found', () => {
    expect(printed([])).toEqual([]);
  });

  it('have their evidence, what to try, and the layers once', () => {
    const layer = {
      layer: '0.conv',
      gradientFirst: 0.25,
      gradientLast: 0.0001,
      weightFirst: 2,
      weightLast: null,
      units: 8,
      dead: 3,
    };
    const lines = printed([
      { code: 'chance-level', evidence: 'The test accuracy is 0.100.', remedies: [] },
      {
        code: 'vanishing-gradients',
        evidence:
          'Gradients hardly reach 9 of 16 layers, from the first epoch to the last one that there was.',
        remedies: ['initialiser: he-normal – start values that keep the size of signals through layers'],
        layers: [layer, { ...layer, layer: '28.dense', units: null, dead: null }],
      },
    ]);
    expect(lines).toEqual([
      '',
      'chance-level',
      '  The test accuracy is 0.100.',
      '',
      'vanishing-gradients',
      '  Gradients hardly reach 9 of 16 layers, from the first',
      '  epoch to the last one that there was.',
      '  - try initialiser: he-normal – start values that keep the',
      '    size of signals through layers',
      '',
      'layer     gradient first  last epoch  x weights first  last epoch  dead units',
      '0.conv             0.250      1.0e-4            0.500           –      3 of 8',
      '28.dense           0.250      1.0e-4            0.500           –           –',
    ]);
  });
});
