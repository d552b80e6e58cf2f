/** A way to a server that can be cut and slowed down. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { Transform } from 'node:stream';

export interface Proxy {
  /** Of the proxy, on 127.0.0.1. */
  readonly port: number;
  /** Ends all connections, and refuses new ones until `mend`. */
  cut(): void;
  /** Holds every piece of data up for so long, until `mend`. */
  slow(byMs: number): void;
  mend(): void;
  close(): Promise<void>;
}

/** @param target port on 127.0.0.1 */
export async function openProxy(target: number): Promise<Proxy> {
  let isCut = false;
  let lateMs = 0;
  const open = new Set<Socket>();
  const keep = (socket: Socket): void => {
    open.add(socket);
    // An end of one side ends the other; why does not matter.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => open.delete(socket));
  };
  const late = (): Transform =>
    new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        if (lateMs === 0) done(null, chunk);
        else setTimeout(() => done(null, chunk), lateMs);
      },
    });
  const server = createServer((client) => {
    keep(client);
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(target, '127.0.0.1');
    keep(upstream);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.pipe(late()).pipe(upstream);
    upstream.pipe(late()).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const destroyAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      isCut = true;
      destroyAll();
    },
    slow: (byMs) => {
      lateMs = byMs;
    },
    mend: () => {
      isCut = false;
      lateMs = 0;
    },
    close: () => {
      destroyAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
