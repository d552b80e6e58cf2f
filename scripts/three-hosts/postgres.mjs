/**
 * Postgres on a host, run there as `node postgres.mjs start|stop FOLDER [ADDRESS SUBNET]`: the embedded one, with the
 * roles and databases that deploy/ makes. The passwords are those of the environment, as for the image of Postgres.
 */
import { appendFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { root } from '../build.mjs';

const { runPostgres } = await import(join(root, 'dist', 'src', 'stack', 'postgres-programs.js'));
const [what, folder, address, subnet] = process.argv.slice(2);

async function must(name, args) {
  const { code, output } = await runPostgres(name, args, { env: process.env });
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${output}`);
}

if (what === 'start') {
  if (!existsSync(folder)) {
    const file = `${folder}.password`;
    writeFileSync(file, process.env.POSTGRES_PASSWORD, { mode: 0o600 });
    const initdb = [
      '-D',
      folder,
      '-U',
      'postgres',
      `--pwfile=${file}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
    ];
    await must('initdb', initdb);
    rmSync(file);
    appendFileSync(join(folder, 'pg_hba.conf'), `host all all ${subnet} scram-sha-256\n`);
  }
  const settings = `-c listen_addresses=${address} -c port=5432 -c unix_socket_directories='' -c max_connections=300 -c log_statement=all -c log_line_prefix='%m %r [%p] '`;
  await must('pg_ctl', ['start', '-D', folder, '-l', `${folder}.log`, '-w', '-s', '-o', settings]);
  const databases = join(root, 'deploy', 'postgres', '10-databases.sh');
  const env = {
    ...process.env,
    PGHOST: address,
    PGPASSWORD: process.env.POSTGRES_PASSWORD,
  };
  const { status, stderr } = spawnSync('bash', [databases], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${databases} ended with ${status}: ${stderr}`);
} else {
  await must('pg_ctl', ['stop', '-D', folder, '-m', 'fast', '-w', '-s']);
}
