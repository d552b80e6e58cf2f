/**
 * Tensors in a file: eight bytes with the length of a JSON header, the header, the values.
 * @see https://huggingface.co/docs/safetensors for the format; there is no kept library for Node that writes it
 */
import { ElbowError, messageOf } from './errors.js';

export interface NamedTensor {
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly values: Float32Array;
}

export interface TensorFile {
  /** By name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const LENGTH_BYTES = 8;
const METADATA = '__metadata__';
/** Values begin at a multiple of this, so that readers can map them. */
const ALIGNMENT = 8;

export function encodeTensors({ tensors, metadata }: TensorFile): Buffer {
  const header: [string, unknown][] = [[METADATA, metadata]];
  const parts: Buffer[] = [];
  let end = 0;
  for (const [name, { shape, values }] of tensors) {
    const begin = end;
    end += values.byteLength;
    header.push([name, { dtype: 'F32', shape, data_offsets: [begin, end] }]);
    parts.push(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  }
  // An assignment would lose a tensor named __proto__.
  const text = JSON.stringify(Object.fromEntries(header));
  const padding = (ALIGNMENT - (Buffer.byteLength(text) % ALIGNMENT)) % ALIGNMENT;
  const json = Buffer.from(text + ' '.repeat(padding));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...parts]);
}

/**
 * @param name of the file, for messages
 * @throws ElbowError `data-damaged` when this is no such file, or not whole
 */
export function decodeTensors(bytes: Buffer, name: string): TensorFile {
  try {
    return decode(bytes);
  } catch (error) {
    throw new ElbowError('data-damaged', `${name} is not a whole safetensors file: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function decode(bytes: Buffer): TensorFile {
  if (bytes.length < LENGTH_BYTES) throw new Error(`it has ${bytes.length} bytes`);
  const start = LENGTH_BYTES + Number(bytes.readBigUInt64LE());
  if (start > bytes.length) throw new Error('its header is longer than the file');
  const header: unknown = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, start));
  if (typeof header !== 'object' || header === null) throw new Error('its header is not a mapping');
  const { [METADATA]: metadata = {}, ...entries } = header as Record<string, unknown>;
  const tensors = new Map<string, NamedTensor>();
  for (const [name, entry] of Object.entries(entries)) {
    // Checked below: what does not hold the numbers that it should is refused.
    const { dtype, shape, data_offsets } = entry as HeaderEntry;
    const [begin, end] = data_offsets;
    const count = shape.reduce((product, n) => product * n, 1);
    if (dtype !== 'F32') throw new Error(`${name} has numbers of the type ${dtype}, not F32`);
    if (end - begin !== count * Float32Array.BYTES_PER_ELEMENT || begin < 0 || start + end > bytes.length) {
      throw new Error(`the values of ${name} are not all there`);
    }
    // A copy, because a Float32Array must begin at a multiple of four.
    const values = new Float32Array(count);
    bytes.copy(Buffer.from(values.buffer), 0, start + begin, start + end);
    tensors.set(name, { shape, values });
  }
  return { tensors, metadata: metadata as Record<string, string> };
}
