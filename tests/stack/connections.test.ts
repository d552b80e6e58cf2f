import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  connectionsOf,
  externalServers,
  findServers,
  readConnections,
  requireDatabase,
  requireTemporal,
} from '../../src/stack/connections.js';
import { redact } from '../../src/stack/database-address.js';
import { createState } from '../../src/stack/state.js';
import { freshFolder, thrownBy } from './support.js';

/** Without anything of this machine's settings. */
const settings = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({ HOME: freshFolder(), ...env });

describe('the servers named by settings', () => {
  it('are none where nothing is set, in the namespace elbow', async () => {
    expect(await externalServers(settings({}))).toEqual({
      temporal: null,
      database: null,
      namespace: 'elbow',
    });
  });

  it('are each taken by itself', async () => {
    const temporal = await externalServers(settings({ TEMPORAL_ADDRESS: 'temporal.example:7233' }));
    expect(temporal.database).toBeNull();
    expect(temporal.temporal).toMatchObject({
      embedded: false,
      address: 'temporal.example:7233',
      namespace: 'elbow',
      connect: { connection: { address: 'temporal.example:7233' }, namespace: 'elbow' },
    });
    const database = await externalServers(settings({ DATABASE_URL: 'postgresql://a:b@db.example/elbow' }));
    expect(database.temporal).toBeNull();
    expect(database.database).toMatchObject({ embedded: false, url: 'postgresql://a:b@db.example/elbow' });
  });

  it('let TEMPORAL_NAMESPACE win, also for the local server', async () => {
    const local = await externalServers(settings({ TEMPORAL_NAMESPACE: 'mine' }));
    expect([local.temporal, local.namespace]).toEqual([null, 'mine']);
    const env = { TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_NAMESPACE: 'mine' };
    expect((await externalServers(settings(env))).temporal?.namespace).toBe('mine');
  });

  it('carry TLS and the API key', async () => {
    const env = {
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      TEMPORAL_API_KEY: 'key',
      TEMPORAL_TLS_SERVER_NAME: 'name',
    };
    const { temporal } = await externalServers(settings(env));
    expect(temporal?.connect.connection).toMatchObject({
      apiKey: 'key',
      tls: { serverNameOverride: 'name' },
    });
  });

  it('are read from a profile as the Temporal CLI reads it', async () => {
    const file = join(freshFolder(), 'temporal.toml');
    writeFileSync(file, '[profile.cloud]\naddress = "cloud.example:7233"\nnamespace = "theirs"\n');
    const env = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'cloud' };
    expect((await externalServers(settings(env))).temporal).toMatchObject({
      address: 'cloud.example:7233',
      namespace: 'theirs',
    });
  });

  it('that cannot be read are said so', async () => {
    const database = await thrownBy(
      externalServers(settings({ DATABASE_URL: 'mysql://user:secret@host/db' })),
    );
    expect(database).toMatchObject({ code: 'usage', exitCode: 2 });
    expect(database.message).not.toContain('secret');
    // What is no address at all may be nothing but a password.
    for (const value of ['user:s3cret@host/db', 's3cret']) {
      const wrong = await thrownBy(externalServers(settings({ DATABASE_URL: value })));
      expect(wrong).toMatchObject({ code: 'usage' });
      expect(wrong.message + wrong.hint).not.toContain('s3cret');
    }
    const env = { TEMPORAL_CONFIG_FILE: join(freshFolder(), 'none.toml'), TEMPORAL_PROFILE: 'none' };
    expect(await thrownBy(externalServers(settings(env)))).toMatchObject({ code: 'usage' });
  });
});

describe('connections', () => {
  it('of a stack that has never been up say which command starts it', async () => {
    const error = await thrownBy(readConnections(settings({ ELBOW_HOME: freshFolder() })));
    expect(error).toMatchObject({ code: 'stack-down', exitCode: 4 });
    expect(error.hint).toContain('elbow up');
    expect(error.message).toBe('the local Temporal and Postgres are not up');
  });

  it('need not be there for what asks one server only', async () => {
    const found = await findServers(
      settings({ ELBOW_HOME: freshFolder(), DATABASE_URL: 'postgresql://a:b@db.example/elbow' }),
    );
    expect(requireDatabase(found).url).toBe('postgresql://a:b@db.example/elbow');
    expect(() => requireTemporal(found)).toThrowError(
      expect.objectContaining({ code: 'stack-down', message: 'the local Temporal is not up' }),
    );
  });

  it('mix a local and an external server', async () => {
    const external = await externalServers(settings({ DATABASE_URL: 'postgresql://a:b@db.example/elbow' }));
    const state = await createState();
    const { temporal, database } = connectionsOf(external, state);
    expect(temporal).toMatchObject({ embedded: true, address: `127.0.0.1:${state.temporal.port}` });
    expect(database?.embedded).toBe(false);
  });
});

describe('a URL that is shown', () => {
  it.each([
    ['postgresql://user:p%40ss@host:5432/db', 'postgresql://user:***@host:5432/db'],
    ['postgresql://user@host/db', 'postgresql://user@host/db'],
    ['postgresql://host/db', 'postgresql://host/db'],
    ['postgresql://user:p@s:s/w?d@host:5432/db', 'postgresql://user:***@host:5432/db'],
    ['user:word@host/db', 'user:***@host/db'],
    ['postgresql://host/db?user=me&password=word&x=1', 'postgresql://host/db?user=me&password=***&x=1'],
  ])('%s carries no password', (url, shown) => expect(redact(url)).toBe(shown));
});

describe('a database whose address', () => {
  const read = (DATABASE_URL: string) => externalServers(settings({ DATABASE_URL }));

  it.each([
    ['has a bare slash in its password', 'postgresql://me:12/s3cret@host/db'],
    ['has a bare question mark in its password', 'postgresql://me:s3cret?x@host/db'],
    ['has a bare percent sign in its password', 'postgresql://me:s3cret%@host/db'],
    ['has a port that is none', 'postgresql://host:s3cret/db'],
  ])('%s is told how to write it, without showing any of it', async (_, url) => {
    const error = await thrownBy(read(url));
    expect(error).toMatchObject({ code: 'usage', hint: expect.stringContaining('%40') });
    expect(error.message + error.hint).not.toContain('s3cret');
    const reader = { DATABASE_URL: 'postgresql://host/db', ELBOW_READER_URL: url };
    expect((await thrownBy(externalServers(settings(reader)))).message).toContain('ELBOW_READER_URL cannot');
  });

  it.each([
    'postgresql://me:p%2F%40s@[::1]:5432/db',
    'postgres://me@/db?host=/var/run/postgresql',
    'postgresql:///db?host=%2Frun&user=a@b',
    'postgresql://me:two@signs@host/db',
  ])('is %s is taken', async (url) => expect((await read(url)).database?.url).toBe(url));
});
