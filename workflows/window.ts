/**
 * How many trial workflows a sweep keeps open, and which shard may open them: pure reducers, without any Temporal.
 *
 * A shard has a window over its items. When it has started all of them it tells the sweep how many are still open;
 * the sweep keeps that many for it and hands the rest of the allowance to the next shard. So the limit holds over
 * all shards together, and no shard waits for the last trials of the one before.
 *
 * An open item may be held: it may not run now, uses up nothing of the limit, and goes on before another is started.
 */

/** What a shard may start. Counts, all ≥ 0; held ≤ open ≤ started ≤ total. */
export interface Window {
  readonly total: number;
  /** Items started so far: the next one's index. */
  readonly started: number;
  readonly open: number;
  readonly held: number;
  readonly limit: number;
  /** What the sweep knows to be open; null until everything is started. */
  readonly reported: number | null;
}

export type WindowEvent =
  | { readonly type: 'started' }
  /** However it ended. */
  | { readonly type: 'ended'; readonly wasHeld: boolean }
  | { readonly type: 'held' }
  | { readonly type: 'released' }
  | { readonly type: 'limit'; readonly limit: number }
  | { readonly type: 'reported' };

export const openWindow = (total: number, limit: number): Window => ({
  total,
  started: 0,
  open: 0,
  held: 0,
  limit,
  reported: null,
});

/** Whether a held item may go on now. */
export const canRelease = (window: Window): boolean =>
  window.held > 0 && window.open - window.held < window.limit;

/** Whether the next item may start now; those that are held come first. */
export const canStart = (window: Window): boolean =>
  window.held === 0 && window.started < window.total && window.open < window.limit;

export const isDone = (window: Window): boolean => window.started === window.total && window.open === 0;

/** Whether nothing runs, and nothing may. */
export const isQuiet = (window: Window): boolean => window.limit === 0 && window.open === window.held;

/**
 * Whether the sweep should hear how many are open: when the last item has started, and then whenever the number has
 * halved, so that a shard of 200 reports at most nine times. The end of the shard itself says that none is.
 */
export function mustReport(window: Window): boolean {
  if (window.started < window.total || window.open === 0) return false;
  return window.reported === null || window.open <= window.reported / 2;
}

export function reduceWindow(window: Window, event: WindowEvent): Window {
  switch (event.type) {
    case 'started':
      return { ...window, started: window.started + 1, open: window.open + 1 };
    case 'ended':
      return { ...window, open: window.open - 1, held: window.held - (event.wasHeld ? 1 : 0) };
    case 'held':
      return { ...window, held: window.held + 1 };
    case 'released':
      return { ...window, held: window.held - 1 };
    case 'limit':
      return { ...window, limit: event.limit };
    case 'reported':
      return { ...window, reported: window.open };
  }
}

/** How the sweep's allowance is shared among its open shards, the oldest first; only the newest may still start. */
export interface Shares {
  readonly total: number;
  readonly shards: readonly Share[];
}

export interface Share {
  /** Number of the shard's first trial: its name among the shards. */
  readonly first: number;
  /** What it can use: all that it has open once it has started everything, null while it starts. */
  readonly need: number | null;
  readonly allowance: number;
}

export type SharesEvent =
  | { readonly type: 'added'; readonly first: number }
  | { readonly type: 'drained'; readonly first: number; readonly open: number }
  | { readonly type: 'ended'; readonly first: number }
  | { readonly type: 'total'; readonly total: number };

export const noShares = (total: number): Shares => ({ total, shards: [] });

/** What no shard holds. */
export const spare = (shares: Shares): number =>
  shares.total - shares.shards.reduce((sum, share) => sum + share.allowance, 0);

/** Whether another shard may begin: none has anything left to start, and something is left for it. */
export const canAdd = (shares: Shares): boolean =>
  shares.shards.every((share) => share.need !== null) && spare(shares) > 0;

/** @returns the new shares: what there is goes to the oldest shards first, to each what it needs */
export function reduceShares(shares: Shares, event: SharesEvent): Shares {
  const total = event.type === 'total' ? event.total : shares.total;
  let left = total;
  return {
    total,
    shards: apply(shares, event).map((share) => {
      const allowance = share.need === null ? left : Math.min(share.need, left);
      left -= allowance;
      return { ...share, allowance };
    }),
  };
}

function apply({ shards }: Shares, event: SharesEvent): readonly Share[] {
  switch (event.type) {
    case 'added':
      return [...shards, { first: event.first, need: null, allowance: 0 }];
    case 'drained':
      // Signals may arrive late: what a drained shard needs never grows again.
      return shards.map((share) =>
        share.first === event.first
          ? { ...share, need: Math.min(share.need ?? Infinity, event.open) }
          : share,
      );
    case 'ended':
      return shards.filter((share) => share.first !== event.first);
    case 'total':
      return shards;
  }
}
