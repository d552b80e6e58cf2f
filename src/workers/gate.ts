/** Whether a worker takes trials: it does not while it is put aside. */
export interface Gate {
  set(isOpen: boolean): void;
  /** Waits until it is as asked for, or the signal is aborted. */
  until(isOpen: boolean, signal: AbortSignal): Promise<void>;
}

/** A gate that is open. */
export function createGate(note: (line: string) => void): Gate {
  let isOpen = true;
  const waiting = new Set<() => void>();
  return {
    set: (next) => {
      if (next === isOpen) return;
      isOpen = next;
      note(
        isOpen
          ? 'takes trials again'
          : 'is put aside: it takes no trials, and those that run here go to other workers; `elbow workers` says why',
      );
      for (const look of [...waiting]) look();
    },
    until: (wanted, signal) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (isOpen !== wanted && !signal.aborted) return;
          waiting.delete(look);
          signal.removeEventListener('abort', look);
          resolve();
        };
        waiting.add(look);
        signal.addEventListener('abort', look);
        look();
      }),
  };
}
