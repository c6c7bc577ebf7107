import {
  BuildId,
  consumers,
  integrationConsumer,
  JobId,
  ProjectId,
  RunnerId,
  runnerJobsConsumer,
  StepId,
  streams,
  subjects,
  type JetStreamStream,
} from '@cyclone/contracts';

/** Valid ids that stand for any; the page shows them in braces. */
const project = ProjectId.parse('a-project');
const build = BuildId.parse('a-build');
const job = JobId.parse('a-job');
const step = StepId.parse('a-step');
const runner = RunnerId.parse('a-runner');
const placeholders: ReadonlyMap<string, string> = new Map<string, string>([
  [project, '{projectId}'],
  [build, '{buildId}'],
  [job, '{jobId}'],
  [step, '{stepId}'],
  [runner, '{runnerId}'],
]);

function shown(subject: string): string {
  let text = subject;
  for (const [id, placeholder] of placeholders) text = text.replaceAll(id, placeholder);
  return `\`${text}\``;
}

/** What goes over NATS, read from the tables that the services themselves go by. */
export const natsSections = (): string[] => [
  '## NATS',
  'MongoDB is the truth and NATS is transport: whatever a stream has lost is published again by its source. An integration connects with its own account, which may read events through its own durable consumer and nothing else.',
  '### JetStream streams',
  streamTable(),
  '### Durable consumers',
  'A message that is not acknowledged in time comes again, up to the number of deliveries; one that no handler could take is kept in `CYCLONE_DEAD` with the reason.',
  consumerTable(),
  '### Subjects',
  subjectTable(),
];

function streamTable(): string {
  const entries: readonly JetStreamStream[] = Object.values(streams);
  return table(
    ['Stream', 'Subjects', 'When it is full', 'Keeps', 'At most', 'Message at most', 'Repeats are known for'],
    entries.map((stream) => [
      `\`${stream.name}\``,
      stream.subjects.map(shown).join(', '),
      stream.discard === 'old' ? 'the oldest go' : 'refuses',
      stream.retention === 'workqueue' ? `until taken, ${duration(stream.maxAgeMs)}` : duration(stream.maxAgeMs),
      [bytes(stream.maxBytes), ...(stream.maxMessages === undefined ? [] : [`${stream.maxMessages} messages`])].join(
        ', ',
      ),
      bytes(stream.maxMessageBytes),
      duration(stream.dedupeWindowMs),
    ]),
  );
}

function consumerTable(): string {
  const entries = [...Object.values(consumers), runnerJobsConsumer('{pool}'), integrationConsumer('{name}')];
  return table(
    ['Consumer', 'Stream', 'To be acknowledged within', 'Deliveries', 'In flight'],
    entries.map((consumer) => [
      `\`${consumer.durable}\``,
      `\`${streams[consumer.stream].name}\``,
      duration(consumer.ackWaitMs),
      String(consumer.maxDeliver),
      String(consumer.maxAckPending),
    ]),
  );
}

function subjectTable(): string {
  const rows: readonly (readonly [string, string])[] = [
    [
      subjects.event({ stream: { kind: 'build', id: build }, tenant: project, type: 'JobClaimed' }),
      'an event of a build; other kinds likewise',
    ],
    [subjects.eventsOf({ tenant: project }), 'all events of a project'],
    [subjects.eventsOf({ kind: 'build', type: 'BuildFinished' }), 'the end of every build'],
    [
      subjects.jobOffer('{pool}', build, job, 1),
      'a job on offer to the runners of a pool; the last token is the attempt',
    ],
    [subjects.report(project, build, job, '{kind}'), 'what a runner says happened'],
    [subjects.log(project, build, job, step), "a chunk of a step's log"],
    [subjects.dead('{consumer}'), 'a message that no handler could take'],
    [subjects.logStored(build), 'core NATS, a hint: more of a log is stored'],
    [subjects.confirmReports(runner), 'core NATS: reports that are stored for good'],
    [subjects.confirmLogs(runner), 'core NATS: log chunks that are stored for good'],
    [subjects.cancelJob(runner), 'core NATS, a hint: stop a job'],
    [subjects.ask('pipeline', '{question}'), 'request and reply between the services'],
  ];
  return table(
    ['Subject', 'What is on it'],
    rows.map(([subject, meaning]) => [shown(subject), meaning]),
  );
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}

function duration(ms: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ];
  const [size, name] = units.find(([unit]) => ms >= unit && ms % unit === 0) ?? [1, 'ms'];
  return `${ms / size} ${name}`;
}

const bytes = (count: number): string => (count >= 1_048_576 ? `${count / 1_048_576} MiB` : `${count / 1_024} KiB`);
