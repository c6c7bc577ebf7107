import { describe, expect, it } from '@jest/globals';
import { InvalidConfigError, loadConfig } from '@cyclone/service-host';
import { runnerConfigSchema } from './config.js';

const needed = { CYCLONE_NATS_URL: 'nats://127.0.0.1:4222' };

describe("the runner's configuration", () => {
  it('has defaults for all but NATS', () => {
    expect(loadConfig(runnerConfigSchema, needed)).toMatchObject({
      pool: 'default',
      slots: 2,
      executor: 'docker',
      labels: {},
      docker: { host: 'unix:///var/run/docker.sock' },
    });
  });

  it('reads labels, and hosts and folders that an administrator allows', () => {
    const config = loadConfig(runnerConfigSchema, {
      ...needed,
      CYCLONE_RUNNER_LABELS: 'os=linux, gpu=',
      CYCLONE_ALLOWED_HOSTS: '127.0.0.1,/srv/git',
    });
    expect(config.labels).toEqual({ os: 'linux', gpu: '' });
    expect(config.sourcePolicy).toEqual({ allowedHosts: ['127.0.0.1'], allowedFolders: ['/srv/git/'] });
  });

  it('names what is wrong', () => {
    const load = () =>
      loadConfig(runnerConfigSchema, {
        ...needed,
        CYCLONE_RUNNER_LABELS: 'linux',
        CYCLONE_RUNNER_SLOTS: '0',
        CYCLONE_RUNNER_POOL: 'A.b',
      });
    expect(load).toThrow(InvalidConfigError);
    expect(load).toThrow(/CYCLONE_RUNNER_LABELS[^]*|CYCLONE_RUNNER_SLOTS/);
  });
});
