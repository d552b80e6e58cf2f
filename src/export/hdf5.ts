/** HDF5 files with numbers, written by the HDF5 library itself (compiled to WebAssembly). */
import type { NamedTensor } from '../safetensors.js';

/** Of the file in the library's own memory; nothing of it is seen outside. */
const NAME = 'weights.h5';

/**
 * A file of float32 data sets.
 * @param datasets by path, such as `layers/dense/vars/0`; groups on the way are made
 */
export async function hdf5Of(datasets: ReadonlyMap<string, NamedTensor>): Promise<Uint8Array> {
  const { default: h5wasm } = await import('h5wasm');
  const { FS } = await h5wasm.ready;
  const file = new h5wasm.File(NAME, 'w');
  try {
    const groups = new Set<string>();
    for (const [path, { shape, values }] of datasets) {
      const parts = path.split('/');
      parts.slice(0, -1).forEach((_, i) => {
        const group = parts.slice(0, i + 1).join('/');
        if (!groups.has(group)) file.create_group(group);
        groups.add(group);
      });
      file.create_dataset({ name: path, data: values, shape: [...shape], dtype: '<f' });
    }
  } finally {
    file.close();
  }
  const bytes = FS.readFile(NAME);
  FS.unlink(NAME);
  return bytes;
}
