import { describe, expect, test } from '@jest/globals';
import { allNeeds, findCycles, topologicalOrder, without } from './graph.js';

const graph = (...needs: number[][]) => needs.map((own) => new Set(own));

describe('a graph of steps', () => {
  test('is put in the order of the file wherever it leaves a choice', () => {
    expect(topologicalOrder(graph([2], [], []))).toEqual([1, 2, 0]);
    expect(topologicalOrder(graph([], [0], [], [1]))).toEqual([0, 1, 2, 3]);
  });

  test('names each cycle, in the order of waiting', () => {
    expect(findCycles(graph([1], [2], [0], [3], [0]))).toEqual([
      [0, 1, 2, 0],
      [3, 3],
    ]);
    expect(findCycles(graph([], [0], [1, 0]))).toEqual([]);
  });

  test('knows all that a step waits for', () => {
    expect(allNeeds(graph([], [0], [1])).map((own) => [...own])).toEqual([[], [0], [1, 0]]);
  });

  test('keeps the order across a step that is left out', () => {
    expect(without(graph([], [0], [1], [2]), new Set([1, 2])).map((own) => [...own])).toEqual([[], [0], [0], [0]]);
  });
});
