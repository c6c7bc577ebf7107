import { describe, expect, it } from '@jest/globals';
import { figure, figureOf } from './figure.js';

describe('figures', () => {
  it('stand as the ratio of the medians', () => {
    const made = figureOf('ten steps', 's', [2, 3, 1], {
      floor: { name: 'docker run', samples: [4, 5, 3] },
      aim: { of: 'ratio', atMost: 0.6 },
    });
    expect(made).toMatchObject({ value: 2, floor: { name: 'docker run', value: 4 }, ratio: 0.5, isReached: true });
  });

  it('miss an aim that lies below them', () => {
    const made = figure('p99', 'ms', 101, { aim: { of: 'value', atMost: 100 } });
    expect(made).toMatchObject({ value: 101, isReached: false });
    expect(made.ratio).toBeUndefined();
  });

  it('say nothing of a spread that one sample has not', () => {
    expect(figureOf('once', 's', [2])).toEqual({ name: 'once', unit: 's', value: 2 });
  });
});
