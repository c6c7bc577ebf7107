import { describe, expect, it } from '@jest/globals';
import { freeSubnet, subnetAt, subnetCount } from './subnets.js';

const pool = { base: '10.213.0.0', prefix: 24 };

describe('job subnets', () => {
  it('cut the block into sixteenths of 16 addresses', () => {
    expect(subnetCount(pool)).toBe(16);
    expect([0, 1, 15, 16].map((index) => subnetAt(pool, index))).toEqual([
      '10.213.0.0/28',
      '10.213.0.16/28',
      '10.213.0.240/28',
      '10.213.0.0/28',
    ]);
  });

  it('leave out what overlaps with a network that is there, large or small', () => {
    expect(freeSubnet(pool, 0, ['10.213.0.0/28', '10.213.0.16/30', 'fd00::/8'])?.subnet).toBe('10.213.0.32/28');
    expect(freeSubnet(pool, 0, ['10.213.0.0/16'])).toBeUndefined();
  });

  it('go on from the last one given, around the end', () => {
    expect(freeSubnet(pool, 15, ['10.213.0.240/28'])).toEqual({ subnet: '10.213.0.0/28', index: 0 });
  });
});
