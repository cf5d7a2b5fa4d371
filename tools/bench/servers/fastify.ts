import { fastify } from 'fastify';
import { announce } from './support.ts';

/** For orientation: Fastify alone with a hello. */
const app = fastify();
app.get('/', () => ({ hello: 'world' }));
announce(await app.listen({ port: 0, host: '127.0.0.1' }));
