/** `elbow doctor --measure`: which slots × threads suit this machine. */
import { availableParallelism, loadavg } from 'node:os';
import { elbowHome, homeFolders } from '../paths.js';
import type { MeasuredLayout } from '../trainer/index.js';
import type { Context } from './command.js';
import { countedText, figureText, tableLines } from './text.js';

/** In all, for trials that count; loading the library for each layout comes on top. */
const MEASURE_MS = 24_000;
/** A machine that is this busy already measures something else. Per core. */
const BUSY_LOAD = 0.3;

export interface SlotsDocument {
  readonly cores: number;
  readonly device: 'cpu' | 'gpu';
  /** Mean number of programs at work in the minute before, as `uptime` tells it. */
  readonly load: number;
  readonly trial: { readonly model: string; readonly samplesPerClass: number; readonly epochs: number };
  readonly layouts: readonly MeasuredLayout[];
  readonly best: MeasuredLayout;
}

/**
 * Brings TensorFlow and CIFAR-10 where they are not there, then trains with each layout in turn.
 * @throws ElbowError of the exit code 5; what a trial fails with
 */
export async function measureSlots({ out, env, signal }: Context): Promise<SlotsDocument> {
  const [{ ensureTensorflow }, { ensureDataset }, trainer] = await Promise.all([
    import('../stack/index.js'),
    import('../data/index.js'),
    import('../trainer/index.js'),
  ]);
  const note = (line: string): void => out.note(line);
  const { kind: device } = await ensureTensorflow({ env, signal, note });
  await ensureDataset('cifar10', { env, signal, note });
  const cores = availableParallelism();
  const load = loadavg()[0]!;
  if (load > BUSY_LOAD * cores) {
    note(
      `other programs are at work (load ${load.toFixed(1)} on ${countedText(cores, 'core')}): figures are too low, and may favour the wrong layout`,
    );
  }
  const asked = trainer.layoutsFor({ cores, memoryMb: trainer.machineMb(), device });
  const layouts: MeasuredLayout[] = [];
  for (const layout of asked) {
    note(`measuring ${countedText(layout.slots, 'slot')} × ${countedText(layout.threads, 'thread')}`);
    layouts.push(
      await trainer.measureLayout(layout, {
        env,
        signal,
        dataDir: homeFolders.data(elbowHome(env)),
        milliseconds: MEASURE_MS / asked.length,
      }),
    );
  }
  const trial = {
    model: 'lenet',
    samplesPerClass: trainer.MEASURED_SIZE,
    epochs: trainer.MEASURED_EPOCHS,
  };
  return { cores, device, load, trial, layouts, best: trainer.fastestOf(layouts) };
}

/** The table, the best layout, and how it is set. */
export function slotsLines({ trial, layouts, best }: SlotsDocument): readonly string[] {
  const columns = [
    { title: 'slots', right: true },
    { title: 'threads', right: true },
    { title: 'trials/s', right: true },
    { title: 'of the best', right: true },
  ];
  const rows = layouts.map(({ slots, threads, trialsPerSecond }) => [
    String(slots),
    String(threads),
    figureText(trialsPerSecond),
    `${Math.round((100 * trialsPerSecond) / best.trialsPerSecond)} %`,
  ]);
  return [
    ...tableLines(columns, rows),
    '',
    `Best: ${countedText(best.slots, 'slot')} × ${countedText(best.threads, 'thread')}, measured with a ${trial.model} of ` +
      `${trial.samplesPerClass} samples per class and ${trial.epochs} epochs.`,
    `Set it with \`elbow worker --slots ${best.slots}\`, and \`threads: ${best.threads}\` in the sweep file.`,
    '`threads` is part of what a trial computes: other threads give other bits, so elbow never changes it by itself.',
  ];
}
