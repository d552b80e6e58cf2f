import { describe, expect, it } from 'vitest';
import { MNIST } from '../../src/data/catalog.js';
import { diagnose, type Ending } from '../../src/training/diagnose.js';

const ending = (change: Partial<Ending>): Ending => ({
  hasDiverged: false,
  reachedLimit: false,
  testAccuracy: 0.5,
  testLogLoss: 1.4,
  testPerClass: new Array(10).fill(1_000),
  ...change,
});

describe('the diagnosis of a training', () => {
  it('is none when it learned something and stopped by itself', () => {
    expect(diagnose(ending({}))).toBeNull();
  });

  it('is the epoch limit when its epochs were used up', () => {
    expect(diagnose(ending({ reachedLimit: true }))).toBe('epoch-limit');
  });

  it('is chance level only when both accuracy and loss are those of a network that tells nothing', () => {
    const atChance = { testAccuracy: 0.1, testLogLoss: Math.log(10) };
    expect(diagnose(ending(atChance))).toBe('chance-level');
    expect(diagnose(ending({ ...atChance, reachedLimit: true }))).toBe('chance-level');
    // Of 10,000 images at 1/10, 99 % of guesses lie within 2.576 √(0.1 · 0.9 / 10,000) = 0.0077.
    expect(diagnose(ending({ ...atChance, testAccuracy: 0.1077 }))).toBe('chance-level');
    expect(diagnose(ending({ ...atChance, testAccuracy: 0.1078 }))).toBeNull();
    expect(diagnose(ending({ ...atChance, testAccuracy: 0.0922 }))).toBeNull();
    expect(diagnose(ending({ ...atChance, testLogLoss: 2.5 }))).toBeNull();
  });

  it('is chance level for a network that always names one class, however many images the class has', () => {
    const { testPerClass } = MNIST;
    const atChance = { testPerClass, testLogLoss: Math.log(10) };
    for (const count of testPerClass) {
      expect(diagnose(ending({ ...atChance, testAccuracy: count / 10_000 }))).toBe('chance-level');
    }
    // 0.0077 beside the rarest class, 5, and the most frequent one, 1.
    expect(diagnose(ending({ ...atChance, testAccuracy: 0.0892 - 0.0078 }))).toBeNull();
    expect(diagnose(ending({ ...atChance, testAccuracy: 0.1135 + 0.0078 }))).toBeNull();
  });

  it('is divergence before all else', () => {
    expect(
      diagnose(
        ending({ hasDiverged: true, reachedLimit: true, testAccuracy: 0.1, testLogLoss: Math.log(10) }),
      ),
    ).toBe('diverged');
  });
});
