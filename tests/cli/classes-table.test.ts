import { expect, it } from 'vitest';
import { classLines } from '../../src/cli/classes-table.js';

const same = (text: string): string => text;

it('says of each class how often it was recognised, and what it was mostly taken for', () => {
  const confusion = [
    [800, 150, 30, 20],
    [5, 990, 5, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 1_000],
  ];
  expect(classLines({ classes: ['cat', 'dog', 'yeti', 'ship'], confusion }, same)).toEqual([
    'class   test  accuracy  mostly taken for',
    'cat    1,000     0.800  dog 0.150, yeti 0.030',
    'dog    1,000     0.990  cat 0.005, yeti 0.005',
    'yeti       0         –',
    'ship   1,000     1.000',
  ]);
});

it('shows the worst of many classes', () => {
  const classes = Array.from({ length: 30 }, (_, i) => `c${i}`);
  // Class i has i right answers of 30; the others are taken for the next one.
  const confusion = classes.map((_, i) =>
    classes.map((_other, j) => (j === i ? i : j === (i + 1) % 30 ? 30 - i : 0)),
  );
  const lines = classLines({ classes, confusion }, same);
  expect(lines).toHaveLength(1 + 20);
  expect(lines[0]).toMatch(/^class \(the worst 20 of 30\) +test +accuracy/);
  expect(lines[1]).toMatch(/^c0 +30 +0\.000 +c1 1\.000$/);
  expect(lines.at(-1)).toMatch(/^c19 +30 +0\.633 +c20 0\.367$/);
});
