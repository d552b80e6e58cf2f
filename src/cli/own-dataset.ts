/** Data sets of one's own, for commands that read sweep files. */
import { elbowHome, homeFolders } from '../paths.js';
import { balanceNote } from '../spec/index.js';
import type { AskedDataset, OwnDataset } from '../spec/types.js';
import type { Context } from './command.js';

/** How many files that are left out are named. */
const MOST_FILES = 10;

/** Looks at a data set, decodes it once, and says what is worth knowing of it. */
export function prepareWith({ env, signal, out }: Context): (asked: AskedDataset) => Promise<OwnDataset> {
  return async (asked) => {
    const { prepareDataset } = await import('../data/index.js');
    const note = (line: string): void => out.note(line);
    const prepared = await prepareDataset(asked, { dataDir: homeFolders.data(elbowHome(env)), signal, note });
    const { dataset, notes, unreadable } = prepared;
    const balance = balanceNote(dataset);
    for (const line of [...notes, ...(balance === null ? [] : [balance])])
      out.note(`${dataset.name}: ${line}`);
    for (const { file, reason } of unreadable.slice(0, MOST_FILES)) {
      out.note(`${dataset.name}: left out ${file}: ${reason}`);
    }
    if (unreadable.length > MOST_FILES) {
      out.note(
        `${dataset.name}: left out ${unreadable.length - MOST_FILES} more; \`elbow datasets ${dataset.path}\` names all`,
      );
    }
    return dataset;
  };
}
