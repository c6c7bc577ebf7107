import { describe, expect, it } from '@jest/globals';
import { samplesMax } from './metric-family.js';
import { createMetrics } from './metrics.js';

describe('metrics', () => {
  it('are exposed as Prometheus text', () => {
    const metrics = createMetrics();
    const commits = metrics.counter({ name: 'cyclone_commits_total', help: 'Commits\nappended', labels: ['kind'] });
    commits.add({ kind: 'build' });
    commits.add({ kind: 'build' }, 2);
    commits.add({ kind: 'a"b\\c\nd' });
    metrics.gauge({ name: 'cyclone_slots', help: 'Slots' }).set(4);
    const wait = metrics.histogram({ name: 'cyclone_wait_seconds', help: 'Wait', buckets: [1, 0.1] });
    for (const value of [0.05, 0.1, 0.5, 7]) wait.observe(value);
    expect(metrics.expose()).toBe(
      [
        '# HELP cyclone_commits_total Commits\\nappended',
        '# TYPE cyclone_commits_total counter',
        'cyclone_commits_total{kind="build"} 3',
        'cyclone_commits_total{kind="a\\"b\\\\c\\nd"} 1',
        '# HELP cyclone_slots Slots',
        '# TYPE cyclone_slots gauge',
        'cyclone_slots 4',
        '# HELP cyclone_wait_seconds Wait',
        '# TYPE cyclone_wait_seconds histogram',
        'cyclone_wait_seconds_bucket{le="0.1"} 2',
        'cyclone_wait_seconds_bucket{le="1"} 3',
        'cyclone_wait_seconds_bucket{le="+Inf"} 4',
        'cyclone_wait_seconds_sum 7.65',
        'cyclone_wait_seconds_count 4',
        '',
      ].join('\n'),
    );
  });

  it('are the same when asked for again, and refused when they differ', () => {
    const metrics = createMetrics();
    metrics.counter({ name: 'cyclone_a_total', help: 'A' }).add();
    metrics.counter({ name: 'cyclone_a_total', help: 'A' }).add();
    expect(metrics.expose()).toContain('cyclone_a_total 2\n');
    expect(() => metrics.gauge({ name: 'cyclone_a_total', help: 'A' })).toThrow(/already a counter/);
    expect(() => metrics.gauge({ name: 'Bad-Name', help: 'A' })).toThrow();
    expect(() => metrics.counter({ name: 'cyclone_a_total', help: 'A' }).add({}, -1)).toThrow(/go down/);
  });

  it('read what is cheaper to read than to keep', () => {
    const metrics = createMetrics();
    const gauge = metrics.gauge({ name: 'cyclone_queue', help: 'Q' });
    let length = 1;
    metrics.onCollect(() => gauge.set(length));
    length = 7;
    expect(metrics.expose()).toContain('cyclone_queue 7\n');
  });

  it('do not grow with hostile label values', () => {
    const metrics = createMetrics();
    const counter = metrics.counter({ name: 'cyclone_b_total', help: 'B', labels: ['path'] });
    for (let index = 0; index < samplesMax * 2; index += 1) counter.add({ path: `/${index}` });
    expect(metrics.expose().split('\n').length).toBeLessThan(samplesMax + 10);
    expect(metrics.expose()).toContain(`cyclone_b_total{path="other"} ${samplesMax}\n`);
  });
});
