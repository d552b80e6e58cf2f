/** Colours of statuses. */
import type { SweepStatus, TrialStatus } from '../storage/storage.js';
import type { Colors } from './output.js';

/** Paints a text by a status: green ended well, red failed, yellow was stopped, cyan is under way. */
export function statusPaint(colors: Colors): (status: SweepStatus | TrialStatus, text: string) => string {
  return (status, text) => {
    switch (status) {
      case 'finished':
      case 'succeeded':
        return colors.green(text);
      case 'failed':
        return colors.red(text);
      case 'cancelled':
      case 'cancelling':
      case 'pruned':
      case 'paused':
      case 'pausing':
        return colors.yellow(text);
      case 'planning':
      case 'running':
        return colors.cyan(text);
      case 'queued':
        return colors.dim(text);
    }
  };
}
