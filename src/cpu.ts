/** What of the CPU decides which instructions TensorFlow, oneDNN and elbow compute with, and so the bits of a training. */
import { readFileSync } from 'node:fs';

/** As /proc/cpuinfo spells them, the narrowest vectors first. */
const COUNTING = [
  'avx',
  'avx2',
  'fma',
  'avx_vnni',
  'avx512f',
  'avx512bw',
  'avx512dq',
  'avx512vl',
  'avx512_vnni',
  'avx512_bf16',
  'avx512_fp16',
  'amx_tile',
  'amx_bf16',
  'amx_int8',
] as const;

export type CpuFeature = (typeof COUNTING)[number];

/** @param text of /proc/cpuinfo @returns those of the first CPU that count, in one order */
export function featuresIn(text: string): CpuFeature[] {
  const flags = /^flags\s*:(.*)$/m.exec(text)?.[1]?.split(/\s+/) ?? [];
  return COUNTING.filter((feature) => flags.includes(feature));
}

let features: readonly CpuFeature[] | undefined;

/** Those of this machine; none where the system does not tell. */
export function cpuFeatures(): readonly CpuFeature[] {
  if (features === undefined) {
    try {
      features = featuresIn(readFileSync('/proc/cpuinfo', 'utf8'));
    } catch {
      features = [];
    }
  }
  return features;
}
