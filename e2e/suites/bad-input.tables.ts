import { expect } from '@jest/globals';

export const onePlainStep = 'steps:\n  - { name: only, image: any, commands: [run] }\n';

const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x, x]',
  ...['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((name, index) => {
    const before = 'abcdefgh'[index];
    return `${name}: &${name} [${Array<string>(10).fill(`*${before}`).join(', ')}]`;
  }),
].join('\n');
/** A pipeline file, and what its first problem must say. */
export const badFiles: Readonly<Record<string, readonly [string, object]>> = {
  'unknown key': [
    'steps:\n  - name: a\n    image: any\n    comands: run\n',
    { code: 'unknown-key', line: 4, column: 5, hint: expect.stringContaining('commands') },
  ],
  tab: ['steps:\n\t- name: a\n', { line: 2, column: 1, message: expect.stringMatching(/tab/i) }],
  'duplicate key': [
    'steps:\n  - name: a\n    name: b\n    image: any\n',
    { line: 3, message: expect.stringMatching(/a second time/) },
  ],
  'alias bomb': [bomb, { line: expect.any(Number) }],
  '20,000 brackets': ['['.repeat(20_000), { line: 1 }],
  __proto__: [
    `__proto__: { polluted: yes }\n${onePlainStep}`,
    { code: 'unknown-key', line: 1, message: expect.stringContaining('__proto__') },
  ],
  '5 MB': [
    `# ${'x'.repeat(5_000_000)}\n`,
    { code: 'file-too-large', message: expect.stringContaining('cyclone.yaml') },
  ],
  'another program in a tag': ['steps: !!js/function "() => 1"\n', { line: 1 }],
};

/** Addresses that no build may be cloned from (`{folder}` is one that an administrator allows), and what the answer must say. */
export const badAddresses: readonly (readonly [string, RegExp])[] = [
  ['file:///etc', /allow/],
  ['ext::sh%20-c%20touch%20{folder}/pwned', /ext|address/i],
  ['EXT::sh{IFS}-c{IFS}id', /ext|address/i],
  ['http://127.0.0.1:9/x.git', /127\.0\.0\.1|inside/],
  ['http://169.254.169.254/latest/meta-data', /inside|169\.254/],
  ['https://[::1]/x.git', /inside|::1/],
  ['https://0x7f.1/x.git', /inside|127\.0\.0\.1/],
  ['ssh://-oProxyCommand=touch/x', /host|address/i],
  ['--upload-pack=touch {folder}/pwned', /blank/],
  ['/etc', /allow/],
  ['{folder}/../x.git', /allow/],
];
