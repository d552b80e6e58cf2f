/** Addresses of databases hold passwords: how they are read, and how they are shown. Pure. */
import { ElbowError } from '../errors.js';

const SCHEME = /^postgres(ql)?:\/\//i;

/**
 * @param name of the setting that holds the address
 * @returns the address as it is
 * @throws ElbowError `usage`, without anything that may be a part of a password
 */
export function readDatabaseAddress(name: string, address: string): string {
  if (!SCHEME.test(address)) {
    const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(address)?.[0] ?? 'something else';
    throw new ElbowError('usage', `${name} is no address of a Postgres database: it begins with ${scheme}`, {
      hint: 'It begins with postgresql://, such as postgresql://user:password@host:5432/elbow.',
    });
  }
  if (!isReadable(address.replace(SCHEME, '').split('?')[0]!)) {
    throw new ElbowError('usage', `${name} cannot be read as an address of a Postgres database`, {
      hint: 'It is postgresql://user:password@host:5432/database; in user and password % is written %25, @ %40, / %2F, ? %3F, # %23 and : %3A.',
    });
  }
  return address;
}

/**
 * Whether host, port and database are where a reader of addresses looks for them. With a bare / or ? in a password they are
 * not: a part of it would be taken for the name of the database, and shown.
 */
function isReadable(body: string): boolean {
  const [authority = '', ...path] = body.split(/[/#]/);
  const at = authority.lastIndexOf('@');
  const [user, host] = [authority.slice(0, Math.max(at, 0)), authority.slice(at + 1)];
  return (
    !path.join('/').includes('@') &&
    !/%(?![0-9a-f]{2})/i.test(user) &&
    /^(\[[0-9a-f:.]*\]|[^:]*)(:\d*)?$/i.test(host)
  );
}

/** An address as a program takes it that has the password from elsewhere, or asks for it. */
export const withoutPassword = (address: string): string =>
  redact(address)
    .replace(/:\*\*\*@/, '@')
    .replace(/([?&])[a-z]*password=\*\*\*&?/gi, '$1');

/** An address without its password, to be shown; of one that is malformed, without all that may be a part of it. */
export function redact(address: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(address)?.[0] ?? '';
  const body = address.slice(scheme.length).replace(/([?&][a-z]*password=)[^&]*/gi, '$1***');
  const at = body.lastIndexOf('@');
  const colon = body.indexOf(':');
  const shown = at >= 0 && colon >= 0 && colon < at ? `${body.slice(0, colon)}:***${body.slice(at)}` : body;
  return `${scheme}${shown}`;
}
