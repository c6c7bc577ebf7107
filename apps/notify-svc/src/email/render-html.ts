import { type BuildReport, outcomeWords } from './build-report.js';

const replacements: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => replacements[char] ?? char);

/** White on these is readable, and stays as it is where a mail program darkens the rest. */
const bandColours: Record<BuildReport['outcome'], string> = {
  succeeded: '#1a7f37',
  failed: '#b42318',
  timed_out: '#b42318',
  rejected: '#b42318',
  cancelled: '#57606a',
};

const cell = 'padding:4px 12px 4px 0;vertical-align:top;text-align:left';
const mono = 'font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12px';
const heading = (text: string): string => `<h2 style="font-size:15px;margin:24px 0 8px">${escapeHtml(text)}</h2>`;
const row = (cells: readonly string[]): string =>
  `<tr>${cells.map((text) => `<td style="${cell}">${escapeHtml(text)}</td>`).join('')}</tr>`;
const list = (items: readonly string[], style = ''): string =>
  `<ul style="margin:0;padding-left:20px;${style}">${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;
const section = (title: string, items: readonly string[], render: (items: readonly string[]) => string): string =>
  items.length === 0 ? '' : heading(title) + render(items);

const facts = ({ facts: pairs }: BuildReport): string =>
  `<table role="presentation" cellspacing="0" style="border-collapse:collapse">${pairs.map(row).join('')}</table>`;

const results = ({ stages }: BuildReport): string => {
  if (stages.length === 0) return '';
  const groups = stages.map(
    ({ title, rows }) =>
      `<tr><th colspan="4" scope="colgroup" style="${cell};padding-top:10px;border-bottom:1px solid #8c959f">${escapeHtml(title)}</th></tr>` +
      rows.map(({ name, result, duration, note }) => row([name, result, duration, note])).join(''),
  );
  return `${heading('Result')}<table cellspacing="0" style="border-collapse:collapse">${groups.join('')}</table>`;
};

const tails = ({ tails: all }: BuildReport): string =>
  all
    .map(
      ({ stepName, lines }) =>
        `${heading(`End of the log of ${stepName}`)}<pre style="${mono};white-space:pre-wrap;word-break:break-word;border-left:3px solid #8c959f;padding-left:12px;margin:0">${escapeHtml(lines.join('\n'))}</pre>`,
    )
    .join('');

const links = ({ links: all }: BuildReport): string =>
  all.length === 0
    ? ''
    : `<p style="margin:24px 0 0">${all.map(([label, url]) => `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`).join(' &middot; ')}</p>`;

/** One column, tables and inline styles only, no pictures, nothing loaded from anywhere: what every mail program shows. */
export const renderHtml = (report: BuildReport): string =>
  [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
    `<title>${escapeHtml(report.headline)}</title></head>`,
    '<body style="margin:0;padding:16px;font-family:-apple-system,Segoe UI,Helvetica,Arial,sans-serif;font-size:14px;line-height:1.45"><div style="max-width:720px">',
    `<div style="background:${bandColours[report.outcome]};color:#ffffff;padding:12px 16px;border-radius:4px"><strong style="font-size:16px">${outcomeWords[report.outcome]}</strong>`,
    `<br>${escapeHtml(report.headline)}</div><div style="height:12px"></div>`,
    facts(report),
    section('Problems', report.problems, (items) => list(items, mono)),
    results(report),
    tails(report),
    section('Images', report.images, (items) => list(items, mono)),
    section('Log', report.logNotes, (items) => list(items)),
    links(report),
    '</div></body></html>',
  ].join('\n');
