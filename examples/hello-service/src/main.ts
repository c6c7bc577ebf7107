import { createHelloServer } from './server.ts';

const { PORT = '8080', VERSION = 'dev', REDIS_HOST } = process.env;
const redis = REDIS_HOST === undefined ? undefined : { host: REDIS_HOST, port: 6379 };
const server = createHelloServer({ version: VERSION, redis });
server.listen(Number(PORT), () => console.log(`hello-service ${VERSION} listens on ${PORT}`));
process.on('SIGTERM', () => server.close());
