/** Loopback ports: whether one is free, and a free one. */
import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

/** Below the range from which Linux takes ports of outgoing connections (32768 on), so that none is taken by chance. */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** Whether a server could listen on 127.0.0.1:port now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * A free loopback port.
 * @param taken ports not to choose, though they are free at this moment
 */
export async function choosePort(taken: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST);
    if (!taken.has(port) && (await isPortFree(port))) return port;
  }
}

/** Whether something accepts connections on 127.0.0.1:port within a second. */
export function doesPortAnswer(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1_000 });
    const end = (answers: boolean): void => {
      socket.destroy();
      resolve(answers);
    };
    socket.on('connect', () => end(true));
    socket.on('error', () => end(false));
    socket.on('timeout', () => end(false));
  });
}
