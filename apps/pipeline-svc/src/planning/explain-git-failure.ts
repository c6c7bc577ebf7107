import { SourceError, type SourceFault } from './source-reader.js';

const signs: readonly (readonly [RegExp, SourceFault, string])[] = [
  [
    /couldn't find remote ref|not our ref|unadvertised object|bad object|unknown revision/i,
    'ref-gone',
    'the repository no longer has this commit or ref',
  ],
  [
    /could not resolve host|name or service not known/i,
    'host-unreachable',
    "the repository's host name cannot be resolved",
  ],
  [
    /authentication failed|could not read (?:username|password)|error: 40[13]|permission denied|terminal prompts disabled/i,
    'authentication-failed',
    'the repository refused the credentials; set the credential "clone" of the project',
  ],
  [
    /error: 5\d\d|connection (?:refused|reset|timed out)|failed to connect|couldn't connect|early eof|empty reply|recv failure|timed out/i,
    'host-unreachable',
    "the repository's host does not answer",
  ],
  [
    /not found|does not appear to be a git repository|error: 404|no such file or directory|not a git repository/i,
    'repository-not-found',
    'there is no repository at this address, or the credentials may not see it',
  ],
  [/file too large|file size limit/i, 'fetch-failed', 'the commit is larger than what is fetched to plan a build'],
  [
    /unable to update url base from redirection|redirect/i,
    'fetch-failed',
    'the address redirects elsewhere; register the address that it redirects to',
  ],
];

/** Git's words, put as the fault they tell of. What it said is kept in part, without credentials. */
export const explainGitFailure = (stderr: string): SourceError => {
  const found = signs.find(([sign]) => sign.test(stderr));
  const said = lastWords(stderr);
  if (found === undefined) return new SourceError('fetch-failed', `git could not read the repository: ${said}`);
  const [, fault, message] = found;
  return new SourceError(fault, said === '' ? message : `${message} (git: ${said})`);
};

const lastWords = (stderr: string): string =>
  (stderr.split('\n').findLast((line) => /^(?:fatal|error|remote|ssh|ERROR)/.test(line)) ?? '')
    .replaceAll(/\/\/[^@/\s]*@/g, '//')
    .replaceAll(/[\0-\x1f\x7f]/g, ' ')
    .slice(0, 300);
