/** Passwords that a test plants, and where they are looked for. */
import { randomBytes } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A secret with characters that addresses write in another way. */
export const plant = (what: string): string => `${what}@${randomBytes(12).toString('hex')}/%`;

/** A secret as it may stand in a text: bare, in an address, in a header, and its part that no way of writing changes. */
const formsOf = (secret: string): string[] => [
  /[0-9a-f]{24}/.exec(secret)![0],
  Buffer.from(secret).toString('base64').slice(0, -4),
];

/** Names of the secrets that a text gives away. */
export function secretsIn(text: string, secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets)
    .filter(([, secret]) => formsOf(secret).some((form) => text.includes(form)))
    .map(([name]) => name);
}

/** All that lies below a folder, links not followed. */
export function everythingBelow(folder: string): { path: string; mode: number; isFile: boolean }[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined || found.isSymbolicLink()) return [];
    const own = { path, mode: found.mode & 0o777, isFile: found.isFile() };
    return found.isDirectory() ? [own, ...everythingBelow(path)] : [own];
  });
}

/** Files below a folder that give a secret away, as `path: secret`. */
export function leaksBelow(folder: string, secrets: Readonly<Record<string, string>>): string[] {
  return everythingBelow(folder)
    .filter(({ isFile }) => isFile)
    .flatMap(({ path }) =>
      secretsIn(readFileSync(path, 'latin1'), secrets).map((secret) => `${path}: ${secret}`),
    );
}

/** Looks at the command lines of all processes of this machine until it is stopped. */
export function watchCommandLines(secrets: Readonly<Record<string, string>>): {
  /** @returns command lines that gave a secret away, and of how many processes it saw any */
  stop(): { leaks: string[]; processes: number };
} {
  const leaks = new Set<string>();
  const seen = new Set<string>();
  const look = (): void => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      let line: string;
      try {
        line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        continue;
      }
      seen.add(pid);
      if (secretsIn(line, secrets).length > 0) leaks.add(line);
    }
  };
  const timer = setInterval(look, 50);
  return {
    stop: () => {
      look();
      clearInterval(timer);
      return { leaks: [...leaks], processes: seen.size };
    },
  };
}
