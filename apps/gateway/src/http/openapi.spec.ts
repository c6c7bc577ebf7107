import { describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { routes } from '@cyclone/contracts';
import { docsPage } from './docs-page.js';
import { openApiDocument } from './openapi.js';

const document = JSON.parse(JSON.stringify(openApiDocument(routes, '0.1.0'))) as {
  paths: Record<string, Record<string, { security: unknown[] }>>;
};

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(document);
    expect(result).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
  });
  it('has every route once', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.keys(path));
    expect(operations).toHaveLength(Object.keys(routes).length);
  });
  it('says that only health and webhooks are open', () => {
    const open = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.values(operations)
        .filter(({ security }) => security.length === 0)
        .map(() => path),
    );
    expect(open.sort()).toEqual(['/healthz', '/hooks/{projectId}/{forge}', '/readyz']);
  });
  it('is found on a page without scripts', () => {
    const page = docsPage(routes, '0.1.0');
    expect(page).not.toContain('<script');
    for (const route of Object.values(routes)) expect(page).toContain(route.path);
  });
});
