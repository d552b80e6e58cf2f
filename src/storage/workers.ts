/** Workers report themselves; one that has not for a while is taken for gone. */
import type { Database } from './database.js';
import type { Storage } from './storage.js';

type WorkerMethods = Pick<Storage, 'seeWorker' | 'removeWorker' | 'workers'>;

export function workerMethods(db: Database): WorkerMethods {
  return {
    seeWorker: (worker) =>
      db.attempt(async () => {
        const { id, ...rest } = worker;
        const row = { ...rest, lastSeenAt: new Date() };
        await db.prisma.worker.upsert({ where: { id }, create: { id, ...row }, update: row });
      }),

    removeWorker: (id) => db.attempt(async () => void (await db.prisma.worker.deleteMany({ where: { id } }))),

    workers: (withinMs) =>
      db.attempt(async () => {
        const rows = await db.prisma.worker.findMany({
          where: { lastSeenAt: { gt: new Date(Date.now() - withinMs) } },
          orderBy: [{ host: 'asc' }, { pid: 'asc' }],
        });
        const busy = await db.prisma.attempt.groupBy({
          by: ['workerId'],
          where: { status: 'running', workerId: { in: rows.map((row) => row.id) } },
          _count: true,
        });
        const counts = new Map(busy.map((group) => [group.workerId, group._count]));
        return rows.map((row) => ({ ...row, busy: counts.get(row.id) ?? 0 }));
      }),
  };
}
