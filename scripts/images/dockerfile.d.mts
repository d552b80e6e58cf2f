export interface Step {
  readonly kind: 'arg' | 'env' | 'run' | 'copy' | 'workdir';
  /** Of `run`. */
  readonly script?: string;
}
export interface ImageConfig {
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly user: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly healthcheck?: readonly string[];
  readonly stopSignal?: string;
}
export interface Stage {
  readonly from: string;
  readonly steps: readonly Step[];
  readonly config: ImageConfig;
}
export function readStages(path: string): Readonly<Record<string, Stage>>;
