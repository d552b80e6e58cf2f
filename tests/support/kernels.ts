import { canRunOperations } from '../../src/native-operations.js';
import { isGpu, type Kernels } from '../../src/training/native.js';

/** The kinds of operations that this machine has. */
export const availableKernels: readonly Kernels[] =
  !isGpu() && canRunOperations() ? ['own', 'fused', 'plain'] : ['fused', 'plain'];
