import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  connectionsOf,
  externalServers,
  findServers,
  readConnections,
  redact,
  requireDatabase,
  requireTemporal,
} from '../../src/stack/connections.js';
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
  ])('%s carries no password', (url, shown) => expect(redact(url)).toBe(shown));
});
