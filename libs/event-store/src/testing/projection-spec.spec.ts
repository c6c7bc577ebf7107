import { describe, expect, it } from '@jest/globals';
import { deciderSpec } from './decider-spec.js';
import { projectionSpec } from './projection-spec.js';
import { secretSet } from './samples.js';
import { counted } from './view-store.contract.js';
import { accept, acceptNothing, reject, type Decider } from '../decider.js';

describe('projectionSpec', () => {
  it('passes for the right view and fails for a wrong one', async () => {
    const given = projectionSpec(counted).given('shop', secretSet(1), {
      events: [secretSet(2), secretSet(3)],
      occurredAt: 5,
    });
    await given.then({ versions: [1, 2, 3], note: undefined });
    await expect(given.then({ versions: [1, 2], note: undefined })).rejects.toThrow();
  });

  it('finds a projection that is not a function of its events', async () => {
    let calls = 0;
    const given = projectionSpec({ ...counted, evolve: () => ({ versions: [(calls += 1)] }) }).given(
      'shop',
      secretSet(1),
    );
    await expect(given.then({ versions: [1] })).rejects.toThrow('a rebuild gave another view');
  });
});

describe('deciderSpec', () => {
  type Opened = { type: 'Opened'; data: { at: number } };
  const door: Decider<'open' | 'shut', 'open' | 'look', Opened> = {
    initialState: 'shut',
    decide: (command, state) => {
      if (command === 'look') return acceptNothing;
      return state === 'open'
        ? reject({ code: 'already-open', message: 'it is open' })
        : accept({ type: 'Opened', data: { at: 1 } });
    },
    evolve: () => 'open',
  };
  const opened: Opened = { type: 'Opened', data: { at: 1 } };

  it('passes for what is decided and fails for anything else', () => {
    deciderSpec(door).given().when('open').then(opened);
    deciderSpec(door).given(opened).when('open').thenRejected('already-open');
    deciderSpec(door).given(opened).when('look').thenNothing();
    expect(() => deciderSpec(door).given().when('open').thenNothing()).toThrow();
    expect(() => deciderSpec(door).given().when('open').thenRejected('already-open')).toThrow();
    expect(() => deciderSpec(door).given(opened).when('open').thenRejected('other')).toThrow();
    expect(() => deciderSpec(door).given(opened).when('open').then(opened)).toThrow();
    expect(() => deciderSpec(door).given().when('look').then(opened)).toThrow();
  });
});
