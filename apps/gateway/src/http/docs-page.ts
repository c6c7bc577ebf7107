import { createHash } from 'node:crypto';
import type { RouteDefinition } from '@cyclone/contracts';

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
h2{margin-top:2rem;border-bottom:1px solid #d0d7de}code{font-family:ui-monospace,monospace}
dt{margin-top:1rem}b{display:inline-block;min-width:4.5rem}dd{margin:0 0 0 4.5rem;color:#57606a}`;

/** Nothing from elsewhere and no script: only this one style. */
export const docsPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const accessText = ({ access }: RouteDefinition): string => {
  if (access.kind === 'open') return 'open';
  return access.kind === 'signed' ? 'signed by the forge' : `role ${access.role}`;
};

const entry = (route: RouteDefinition): string =>
  `<dt><b>${route.method}</b> <code>${escape(route.path)}</code></dt><dd>${escape(route.summary)} <small>(${accessText(route)}${route.socket === undefined ? '' : '; also WebSocket'})</small></dd>`;

/** The table as a page: what there is, at a glance. Shapes are in the OpenAPI document. */
export const docsPage = (routes: Readonly<Record<string, RouteDefinition>>, version: string): string => {
  const all = Object.values(routes);
  const sections = [...new Set(all.map((route) => route.tag))].map(
    (tag) =>
      `<h2>${escape(tag)}</h2><dl>${all
        .filter((route) => route.tag === tag)
        .map(entry)
        .join('')}</dl>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Cyclone API ${escape(version)}</title><style>${style}</style></head><body><h1>Cyclone API ${escape(version)}</h1><p>The full description is <a href="/api/v1/openapi.json">openapi.json</a>.</p>${sections.join('')}</body></html>`;
};
