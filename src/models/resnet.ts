/**
 * Residual networks for 32×32 images: 6n + 2 layers with weights, n blocks a stage.
 * @see He et al., Deep residual learning for image recognition, arXiv:1512.03385, section 4.2 and table 6
 */
import { activated, dropped, normed, widened, type ModelOptions } from './blocks.js';
import type { ConvLayer, Layer } from './layers.js';

/**
 * Without batch norm (which the paper always has) the convolutions get biases. Dropout, which the paper has not, comes
 * before the dense layer.
 * @param blocks n, of each of the three stages; 3 for ResNet-20, 9 for ResNet-56
 */
export function resnet(blocks: number, options: ModelOptions): readonly Layer[] {
  const { batchNorm, dropout, width, classes } = options;
  const conv = (filters: number, stride = 1): ConvLayer => ({
    kind: 'conv',
    size: 3,
    filters: widened(filters, width),
    stride,
    padding: 'same',
  });
  const block = (filters: number, stride: number): readonly Layer[] => [
    {
      kind: 'residual',
      body: [...activated(conv(filters, stride), batchNorm), ...normed(conv(filters), batchNorm)],
    },
    { kind: 'activation', activation: 'relu' },
  ];
  const stage = (filters: number, firstStride: number): readonly Layer[] =>
    Array.from({ length: blocks }, (_, i) => block(filters, i === 0 ? firstStride : 1)).flat();
  return [
    ...activated(conv(16), batchNorm),
    ...stage(16, 1),
    ...stage(32, 2),
    ...stage(64, 2),
    { kind: 'global-average-pool' },
    ...dropped(dropout),
    { kind: 'dense', units: classes },
  ];
}
