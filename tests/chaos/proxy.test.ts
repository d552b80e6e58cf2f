import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openProxy } from '../../chaos/proxy.js';
import type { Proxy } from '../../chaos/proxy.js';

let echo: Server;
let proxy: Proxy;

beforeAll(async () => {
  echo = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  proxy = await openProxy((echo.address() as AddressInfo).port);
});

afterAll(async () => {
  await proxy.close();
  await new Promise((resolve) => echo.close(resolve));
});

async function open(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function roundTrip(socket: Socket): Promise<string> {
  socket.write('hello');
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString();
}

it('hands everything on, until it is cut and after it was mended', async () => {
  const first = await open();
  expect(await roundTrip(first)).toBe('hello');
  const closed = once(first, 'close');
  proxy.cut();
  await closed;
  const refused = await open();
  await once(refused, 'close');
  proxy.mend();
  const again = await open();
  expect(await roundTrip(again)).toBe('hello');
  again.destroy();
});

it('holds up what goes either way, and keeps its order', async () => {
  const socket = await open();
  proxy.slow(50);
  const began = performance.now();
  expect(await roundTrip(socket)).toBe('hello');
  // Timers never fire early: there and back.
  expect(performance.now() - began).toBeGreaterThan(99);
  proxy.mend();
  socket.destroy();
});
