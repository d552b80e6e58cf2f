/** Names a sweep file may use, in one place; what is not listed is not built. */

/** Data sets by name, with the largest size: training images of the smallest class. */
export const DATASETS: Readonly<Record<string, { readonly largestSize: number }>> = {
  cifar10: { largestSize: 5_000 },
};

export const MODELS = ['lenet'] as const;
export const OPTIMIZERS = ['adam', 'sgd'] as const;
export const LOSSES = ['cross-entropy'] as const;
export const SEARCHES = ['grid'] as const;
/** What a search may look at: figures of the validation images only, so that test images stay unseen. */
export const OBJECTIVES = ['val_accuracy', 'val_loss'] as const;
/** The one metric of `noop`. */
export const NOOP_METRIC = 'score';
