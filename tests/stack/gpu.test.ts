import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planTensorflow } from '../../src/stack/gpu.js';
import type { GpuPlan } from '../../src/stack/gpu.js';
import { headersFolder, linkLibrary, missingToolchain } from '../../src/stack/tensorflow-addon.js';
import { placeNvidia, placeTensorflow, wheelsOf } from '../../src/stack/tensorflow-library.js';
import { judge } from '../../src/stack/tensorflow.js';
import { freshFolder, noted, pathFirst, standIn } from './support.js';

const { signal } = noted();
const LISTS_ONE = 'echo "NVIDIA H100 80GB HBM3, 580.82"';

async function planWith(script: string, env: NodeJS.ProcessEnv = {}): Promise<GpuPlan> {
  const folder = standIn(join(freshFolder(), 'bin'), 'nvidia-smi', script);
  return planTensorflow({ ...pathFirst(folder), CUDA_VISIBLE_DEVICES: undefined, ...env }, signal);
}

describe('which TensorFlow', () => {
  it("is the GPU's where nvidia-smi shows one", async () => {
    expect(await planWith(LISTS_ONE)).toEqual({
      kind: 'gpu',
      reason: 'nvidia-smi shows NVIDIA H100 80GB HBM3, 580.82',
      gpus: 'NVIDIA H100 80GB HBM3, 580.82',
    });
  });

  it('is what ELBOW_TENSORFLOW asks for, where an image is built and no GPU is seen', async () => {
    const asked = await planWith('exit 0', { ELBOW_TENSORFLOW: 'gpu' });
    expect(asked).toEqual({
      kind: 'gpu',
      reason: 'ELBOW_TENSORFLOW=gpu asks for it, though nvidia-smi lists no GPU',
      gpus: '',
    });
    expect((await planWith(LISTS_ONE, { ELBOW_TENSORFLOW: 'gpu' })).gpus).toMatch(/H100/);
    expect(await planWith(LISTS_ONE, { ELBOW_TENSORFLOW: 'cpu' })).toMatchObject({ kind: 'cpu', gpus: '' });
    await expect(planWith(LISTS_ONE, { ELBOW_TENSORFLOW: 'tpu' })).rejects.toThrow(
      /auto, cpu or gpu, not "tpu"/,
    );
  });

  it('is asked for with the query that names GPU and driver', async () => {
    const plan = await planWith(
      '[ "$1 $2" = "--query-gpu=name,driver_version --format=csv,noheader" ] && echo A, 1',
    );
    expect(plan.gpus).toBe('A, 1');
  });

  it("is the CPU's, with the reason, where there is no nvidia-smi", async () => {
    const plan = await planTensorflow({ PATH: freshFolder() }, signal);
    expect(plan).toEqual({ kind: 'cpu', reason: 'nvidia-smi is not on PATH', gpus: '' });
  });

  it.each([
    ['echo "couldn\'t communicate with the NVIDIA driver"; exit 9', "ended with 9: couldn't communicate"],
    ['exit 0', 'lists no GPU'],
  ])("is the CPU's, with the reason, where nvidia-smi fails: %s", async (script, reason) => {
    const plan = await planWith(script);
    expect(plan.kind).toBe('cpu');
    expect(plan.reason).toContain(reason);
  });

  it.each(['', '-1', ' '])("is the CPU's where CUDA_VISIBLE_DEVICES=%j hides all", async (visible) => {
    expect(await planWith(LISTS_ONE, { CUDA_VISIBLE_DEVICES: visible })).toMatchObject({ kind: 'cpu' });
  });

  it("is the GPU's where CUDA_VISIBLE_DEVICES chooses one", async () => {
    expect(await planWith(LISTS_ONE, { CUDA_VISIBLE_DEVICES: '1' })).toMatchObject({ kind: 'gpu' });
  });
});

describe('after TensorFlow was loaded', () => {
  const plan: GpuPlan = { kind: 'gpu', reason: 'nvidia-smi shows A', gpus: 'A' };

  it('trainings run on the GPU it lists', () => {
    expect(judge('gpu', plan, { version: '2.21.0', gpu: true, said: '' })).toEqual({
      kind: 'gpu',
      version: '2.21.0',
      reason: 'nvidia-smi shows A',
    });
  });

  it('trainings run on the CPU when it lists none, and its own words say why', () => {
    const said = 'I0000 x\nW0000 00:00:1.2  9 gpu_device.cc:2342] Cannot dlopen some GPU libraries.\n';
    const result = judge('gpu', plan, { version: '2.21.0', gpu: false, said });
    expect(result.kind).toBe('cpu');
    expect(result.reason).toBe(
      'nvidia-smi shows A, but TensorFlow lists no GPU: Cannot dlopen some GPU libraries.',
    );
  });
});

describe('the wheels', () => {
  it('are one for the CPU, and for the GPU TensorFlow with the twelve of its extra and-cuda', () => {
    expect(wheelsOf('cpu').map(({ wheel }) => wheel.name)).toEqual(['tensorflow-cpu']);
    const names = wheelsOf('gpu').map(({ wheel }) => wheel.name);
    expect(names[0]).toBe('tensorflow');
    expect(names.slice(1).map((name) => name.replace(/^nvidia-(.*)-cu12$/, '$1'))).toEqual(
      'cublas cuda-cupti cuda-nvcc cuda-nvrtc cuda-runtime cudnn cufft curand cusolver cusparse nccl nvjitlink'.split(
        ' ',
      ),
    );
  });

  it('are all pinned by version and digest', () => {
    for (const { wheel } of [...wheelsOf('cpu'), ...wheelsOf('gpu')]) {
      expect(wheel.version).toMatch(/^\d+(\.\d+)+$/);
      expect(wheel.sha256).toMatch(new RegExp(`^[0-9a-f]{${createHash('sha256').digest('hex').length}}$`));
    }
  });

  it('give what is needed and no more', () => {
    const members = [
      'tensorflow/libtensorflow_cc.so.2',
      'tensorflow/libtensorflow_framework.so.2',
      'tensorflow/include/tensorflow/c/c_api.h',
      'tensorflow/include/tsl/platform/logging.h',
      'tensorflow/include/absl/base/macros.h',
      'tensorflow/python/_pywrap_tensorflow_internal.so',
      'tensorflow-2.21.0.dist-info/RECORD',
    ];
    expect(members.map(placeTensorflow)).toEqual([
      'libtensorflow_cc.so.2',
      'libtensorflow_framework.so.2',
      'include/tensorflow/c/c_api.h',
      'include/tsl/platform/logging.h',
      null,
      null,
      null,
    ]);
    const nvidia = [
      'nvidia/cudnn/lib/libcudnn.so.9',
      'nvidia/cudnn/include/cudnn.h',
      'nvidia/cuda_nvcc/nvvm/libdevice/x.bc',
    ];
    expect(nvidia.map((member) => placeNvidia(member) !== null)).toEqual([true, false, true]);
  });
});

describe('the package', () => {
  it("is linked to the library, and for GPUs to nvidia's beside the link", () => {
    const [pack, library] = [freshFolder(), freshFolder()];
    for (const name of ['include/tensorflow', 'include/tsl', 'include/xla', 'nvidia/cudnn/lib']) {
      mkdirSync(join(library, name), { recursive: true });
    }
    for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'])
      writeFileSync(join(library, name), '');
    linkLibrary(pack, library);
    linkLibrary(pack, library);
    const lib = join(pack, 'deps', 'lib');
    expect(readlinkSync(join(lib, 'libtensorflow.so'))).toBe(join(library, 'libtensorflow_cc.so.2'));
    expect(existsSync(join(lib, '..', 'nvidia', 'cudnn', 'lib'))).toBe(true);
    expect(lstatSync(join(pack, 'deps', 'include', 'tensorflow')).isSymbolicLink()).toBe(true);
  });
});

describe('the compiler', () => {
  it('is looked for on PATH, or where CXX says', () => {
    const folder = freshFolder();
    expect(missingToolchain({ PATH: folder })).toBe('a C++ compiler (g++ or c++), make, python3');
    for (const name of ['g++', 'make', 'python3']) standIn(folder, name, 'exit 0');
    expect(missingToolchain({ PATH: folder })).toBeNull();
    expect(missingToolchain({ PATH: folder, CXX: 'clang++ -std=c++17' })).toBe('a C++ compiler (clang++)');
  });

  it("finds Node's headers beside Node, then in the system's folders, else leaves them to node-gyp", () => {
    const having =
      (...folders: string[]) =>
      (path: string) =>
        folders.some((folder) => path.startsWith(`${folder}/`));
    expect(headersFolder('/opt/node/bin/node', having('/opt/node', '/usr'))).toBe('/opt/node');
    expect(headersFolder('/opt/node/bin/node', having('/usr'))).toBe('/usr');
    expect(headersFolder('/opt/node/bin/node', having())).toBeNull();
  });
});
