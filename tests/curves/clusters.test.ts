import { describe, expect, it } from 'vitest';
import { clustersOf, trainedAbove } from '../../src/curves/clusters.js';

const of = (...scores: number[]) => clustersOf(scores, 0.1, 10_000);

describe('trainings that work or stay at chance', () => {
  it('are told as how many worked, and how well', () => {
    expect(of(0.1, 0.75, 0.5, 0.1)).toEqual({ trained: 2, of: 4, mean: 0.625 });
    // 0.012 is four standard errors of a guess on 10,000 images.
    expect(of(0.1119, 0.0881, 0.5)).toEqual({ trained: 1, of: 3, mean: 0.5 });
    expect(of(0.83, 0.1, 0.81)).toEqual(of(0.1, 0.81, 0.83));
  });

  it('are one cluster where all worked, none did, or some lie in between', () => {
    expect(of(0.8, 0.81, 0.83)).toBeNull();
    expect(of(0.1, 0.1, 0.101)).toBeNull();
    expect(of(0.1, 0.15, 0.8)).toBeNull();
    expect(of(0.1, 0.1125, 0.8)).toBeNull();
    expect(of(0.05, 0.8)).toBeNull();
    expect(of(0.8)).toBeNull();
    expect(of()).toBeNull();
  });

  it('are not told apart by a test set whose luck reaches further than a tenth of the way', () => {
    expect(clustersOf([0.1, 0.2], 0.1, 10_000)).not.toBeNull();
    expect(clustersOf([0.1, 0.2], 0.1, 50)).toBeNull();
    expect(clustersOf([0.1, 0.4], 0.1, 50)).not.toBeNull();
  });

  it('count as trained a tenth of the way from guessing to every image right', () => {
    expect(trainedAbove(0.1)).toBeCloseTo(0.19, 12);
    expect(trainedAbove(0.5)).toBeCloseTo(0.55, 12);
  });
});
