import {
  BuildSummary,
  BuildView,
  DeliveryView,
  EventEnvelope,
  FeedFrame,
  LogFrame,
  Plan,
  Problem,
  ProjectSettings,
  ProjectView,
  type RouteDefinition,
  RunnerView,
  TokenView,
} from '@cyclone/contracts';
import { z } from 'zod';

/** Shapes that are met often get a name; all others stand where they are used. */
const named: Readonly<Record<string, z.ZodType>> = {
  BuildView,
  BuildSummary,
  DeliveryView,
  EventEnvelope,
  FeedFrame,
  LogFrame,
  Plan,
  Problem,
  ProjectSettings,
  ProjectView,
  RunnerView,
  TokenView,
};
const nameOf = new Map<z.ZodType, string>(Object.entries(named).map(([name, schema]) => [schema, name]));

type Json = Record<string, unknown>;

const inlineSchema = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'any',
    cycles: 'throw',
  });
  return json;
};

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const name = io === 'output' ? nameOf.get(schema) : undefined;
  return name === undefined ? inlineSchema(schema, io) : { $ref: `#/components/schemas/${name}` };
};

const parametersOf = (route: RouteDefinition): Json[] => {
  const properties = (object: z.ZodObject, place: 'path' | 'query') => {
    const json = inlineSchema(object, 'input');
    const required = Array.isArray(json['required']) ? json['required'] : [];
    return Object.entries((json['properties'] ?? {}) as Json).map(([name, schema]) => ({
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      schema,
    }));
  };
  const header = (name: string, description: string) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  });
  return [
    ...properties(route.params, 'path'),
    ...properties(route.query, 'query'),
    ...(route.idempotencyKey === true
      ? [header('Idempotency-Key', 'The same key within a day answers the same, and does it once.')]
      : []),
    ...(route.ifMatch === true
      ? [header('If-Match', 'The ETag of what was read; refused with 412 when it changed meanwhile.')]
      : []),
    ...(route.reply.etag === true && route.method === 'GET'
      ? [header('If-None-Match', 'Answers 304 when nothing changed.')]
      : []),
  ];
};

const problem = (description: string): Json => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

const responsesOf = (route: RouteDefinition): Json => {
  const { reply } = route;
  const content =
    reply.schema !== undefined
      ? { 'application/json': { schema: schemaOf(reply.schema, 'output') } }
      : reply.mediaType !== undefined
        ? { [reply.mediaType]: { schema: { type: 'string' } } }
        : undefined;
  const headers =
    reply.etag === true ? { ETag: { description: 'Names this version.', schema: { type: 'string' } } } : undefined;
  return {
    [reply.status]: { description: reply.meaning, ...(content && { content }), ...(headers && { headers }) },
    ...(route.socket === undefined ? {} : { 101: { description: `WebSocket. ${route.socket}` } }),
    ...(route.access.kind === 'open' ? {} : { 401: problem('Not authenticated') }),
    ...(route.access.kind === 'token'
      ? { 403: problem('The role is too low'), 404: problem('Absent, or not covered by the token') }
      : {}),
    default: problem('What went wrong'),
  };
};

const securityOf = (route: RouteDefinition): Json[] => (route.access.kind === 'token' ? [{ token: [] }] : []);

const operationOf = (route: RouteDefinition): Json => ({
  operationId: route.id,
  tags: [route.tag],
  summary: route.summary,
  ...(route.access.kind === 'token' && {
    description: `Needs the role \`${route.access.role}\`${route.access.of === 'installation' ? ' for the whole installation' : ''}.`,
  }),
  security: securityOf(route),
  parameters: parametersOf(route),
  ...(route.body !== undefined && {
    requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } },
  }),
  responses: responsesOf(route),
});

/** OpenAPI 3.1, made from the table that the server itself runs on. */
export const openApiDocument = (routes: Readonly<Record<string, RouteDefinition>>, version: string): Json => {
  const paths: Record<string, Json> = {};
  for (const route of Object.values(routes))
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Cyclone',
      version,
      description: 'The public API. Times are milliseconds since 1970. Problems are RFC 9457.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(Object.values(routes).map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(
        Object.entries(named).map(([name, schema]) => [name, inlineSchema(schema, 'output')]),
      ),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token of the form cyc_<id>_<secret>.' },
      },
    },
  };
};
