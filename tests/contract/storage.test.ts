import { afterAll, beforeAll } from 'vitest';
import { connectStorage } from '../../src/storage/index.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { storageContract } from './storage.js';

let server: TestPostgres;

beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(async () => {
  await server.remove();
});

storageContract('Prisma over Postgres', async () => connectStorage(await server.database()));
