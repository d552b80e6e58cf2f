/** elbow's addon for files: what Node has no call for. It needs nothing of the CPU, and is there beside a GPU too. */
import { join } from 'node:path';
import { compiledFile, type NativeLibrary } from './native-library.js';

export const FILES: NativeLibrary = {
  name: 'elbow_files',
  title: "elbow's addon that maps files",
  sources: join(import.meta.dirname, 'native-files'),
  flags: ['-std=c++17', '-O2', '-fvisibility=hidden'],
};

export const filesAddon = (folder?: string): string => compiledFile(FILES, folder);
