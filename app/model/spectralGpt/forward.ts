import { classify } from './classifier.ts';
import { tokenGrid } from './configuration.ts';
import type { Observe, Pass } from './encoder.ts';
import { maskTokens, reconstruct } from './pretraining.ts';
import { detectChange, segment } from './segmentation.ts';

/** What a forward pass is given: the image of a date, or of two, and for pre-training the noise that chooses tokens. */
export type SpectralGptInput<T> = {
  readonly image: T;
  /** The later date; for change detection only. */
  readonly second?: T | undefined;
  /** (b · tokens), for pre-training only. */
  readonly noise?: Float32Array | undefined;
};

/**
 * The final result: logits (b, classes), (b, S, S, classes) of the dense tasks, or the reconstruction (b, tokens, cell).
 * `observe` hears of it and of all on the way by the names of the reference.
 */
export function spectralGptForward<T>(pass: Pass<T>, input: SpectralGptInput<T>): T {
  const { ops, config } = pass;
  const observe: Observe<T> = pass.observe ?? (() => undefined);
  switch (config.task) {
    case 'pretrain': {
      const { prediction, loss, parts } = reconstruct(
        pass,
        input.image,
        maskTokens(input.noise!, tokenGrid(config).tokens, config.maskRatio),
      );
      observe('loss.token_masked_mse', parts.token);
      if (parts.overGroups !== undefined)
        observe(`loss.groups_${config.reconstruction.overGroups!.of}_mse`, parts.overGroups);
      if (parts.overPlaces !== undefined)
        observe(`loss.places_${config.reconstruction.overPlaces!.of}_mse`, parts.overPlaces);
      observe('loss.total', loss);
      return prediction;
    }
    case 'scene':
    case 'multilabel': {
      const logits = classify(pass, input.image);
      observe('logits', logits);
      return logits;
    }
    case 'segmentation':
    case 'change': {
      const logits =
        config.task === 'change'
          ? detectChange(pass, input.image, input.second!)
          : segment(pass, input.image);
      observe('logits', logits);
      observe('log_softmax', ops.logSoftmax(logits));
      return logits;
    }
  }
}
