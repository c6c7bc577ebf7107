import type { Refusal } from '@cyclone/contracts';
import type { Rejection } from '@cyclone/event-store';
import { RefusalError } from '@cyclone/messaging/nest';

const kinds: Readonly<Record<string, Refusal['kind']>> = {
  'build-not-found': 'not-found',
  'project-not-found': 'not-found',
  'secret-not-found': 'not-found',
  'build-already-finished': 'conflict',
  'job-not-available': 'conflict',
  'project-exists': 'conflict',
  'project-moved-on': 'conflict',
  'fenced-off': 'conflict',
  'project-changing': 'unavailable',
};

/** What the domain refuses, in the words that cross a process. */
export const refuse = ({ code, message }: Rejection): RefusalError =>
  new RefusalError({ kind: kinds[code] ?? 'invalid', code, message });
