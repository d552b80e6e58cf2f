/** What every implementation of the storage contract must do. */
import { afterEach, beforeEach, describe } from 'vitest';
import type { Storage } from '../../src/storage/index.js';
import { Desk } from './desk.js';
import { failuresContract } from './storage-failures.js';
import { leasesContract } from './storage-leases.js';
import { overviewContract } from './storage-overview.js';
import { pausingContract } from './storage-pausing.js';
import { resultsContract } from './storage-results.js';
import { sweepsContract } from './storage-sweeps.js';
import { versionsContract } from './storage-versions.js';

/** @param open gives a storage with nothing in it */
export function storageContract(name: string, open: () => Promise<Storage>): void {
  describe(`${name} keeps the storage contract`, () => {
    const desk = new Desk();
    beforeEach(async () => {
      desk.storage = await open();
    });
    afterEach(async () => {
      await desk.storage.close();
    });
    sweepsContract(desk);
    leasesContract(desk);
    failuresContract(desk);
    pausingContract(desk);
    resultsContract(desk);
    overviewContract(desk);
    versionsContract(desk);
  });
}
