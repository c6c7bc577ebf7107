import { describe, expect, it } from '@jest/globals';
import { permissionsOf } from './nats-permissions.js';
import { natsServerConfig } from './nats-server-config.js';

const password = 'p';

describe('the configuration of nats-server', () => {
  it('keeps every character of a password inside its string', () => {
    const text = natsServerConfig({ users: [{ role: 'control', user: 'control', password: 'a"b\\c\n$d }' }] });
    expect(text).toContain(String.raw`password: "a\"b\\c\n$d }"`);
  });

  it.each([
    { role: 'control', user: 'a.b', password } as const,
    { role: 'control', user: '', password } as const,
    { role: 'control', user: 'control', password: '' } as const,
    { role: 'runner', user: 'runner', password, pool: '*' } as const,
    { role: 'runner', user: 'runner', password, pool: 'default', runnerId: '>' } as const,
    { role: 'integration', user: 'chat', password, name: 'x.>' } as const,
    { role: 'integration', user: 'chat', password, name: 'x', projects: ['*'] } as const,
  ])('refuses a name that would widen a subject: %o', (user) => {
    expect(() => natsServerConfig({ users: [user] })).toThrow();
  });

  it('refuses two users of one name, who would share an inbox', () => {
    const user = { role: 'control', user: 'control', password } as const;
    expect(() => natsServerConfig({ users: [user, user] })).toThrow(/same name/);
  });

  it('lets a named runner hear only what is meant for it', () => {
    const { subscribe } = permissionsOf({
      role: 'runner',
      user: 'r1',
      password,
      pool: 'default',
      runnerId: 'runner-1',
    });
    expect(subscribe).toEqual(['cyclone.live.confirm.runner-1.*', 'cyclone.live.cancel-job.runner-1', '_INBOX.r1.>']);
  });

  it('lets no role but control make, change or delete anything in JetStream', () => {
    const others = [
      permissionsOf({ role: 'runner', user: 'r1', password, pool: 'default' }),
      permissionsOf({ role: 'integration', user: 'chat', password, name: 'chat' }),
    ];
    for (const { publish } of others) {
      const api = publish.filter((subject) => subject.startsWith('$JS.API.'));
      expect(
        api.every((subject) => /^\$JS\.API\.CONSUMER\.(MSG\.NEXT|INFO)\.CYCLONE_[A-Z]+\.[a-z-]+$/.test(subject)),
      ).toBe(true);
      expect(publish.filter((subject) => subject.startsWith('cyclone.event'))).toEqual([]);
    }
  });
});
