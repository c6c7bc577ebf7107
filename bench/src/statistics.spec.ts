import { describe, expect, it } from '@jest/globals';
import { median, mediansInOrder, mostAtOnce, percentile, spreadOf } from './statistics.js';

const oneToHundred = Array.from({ length: 100 }, (_, index) => 100 - index);

describe('statistics', () => {
  it('gives percentiles by nearest rank, whatever the order', () => {
    expect(percentile(oneToHundred, 0.99)).toBe(99);
    expect(percentile(oneToHundred, 1)).toBe(100);
    expect(percentile([5, 1, 3], 0.5)).toBe(3);
    expect(percentile([7], 0.01)).toBe(7);
  });

  it('gives the median between two middle samples', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([3, 1, 2])).toBe(2);
  });

  it('refuses to summarise nothing', () => {
    expect(() => spreadOf([])).toThrow('no samples');
    expect(() => percentile([1], 0)).toThrow('share');
  });

  it('sums up a set of samples', () => {
    expect(spreadOf(oneToHundred)).toEqual({ count: 100, min: 1, p50: 50.5, p90: 90, p99: 99, max: 100 });
  });

  it('shows growth along the order of the samples', () => {
    expect(mediansInOrder([1, 1, 1, 2, 2, 2, 3, 3, 3], 3)).toEqual([1, 2, 3]);
    expect(mediansInOrder([1, 2, 3, 4, 5, 6, 7], 2)).toEqual([2.5, 6]);
    expect(() => mediansInOrder([1], 2)).toThrow('cannot be cut');
  });

  it('counts how many intervals overlap', () => {
    const intervals = [
      { from: 0, to: 10 },
      { from: 5, to: 15 },
      { from: 10, to: 20 },
      { from: 30, to: 40 },
    ];
    expect(mostAtOnce(intervals)).toBe(2);
    expect(mostAtOnce([])).toBe(0);
  });
});
