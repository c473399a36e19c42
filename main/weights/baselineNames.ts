import { divided, type NetworkTensor } from './stateDict.ts';
import type { TensorFile } from './tensorFile.ts';

/** SeCo and MoCo keep the stages of a ResNet as a list without names; between them lie layers without weights. */
const numbered: ReadonlyMap<string, string> = new Map([
  ['0', 'conv1'],
  ['1', 'bn1'],
  ['4', 'layer1'],
  ['5', 'layer2'],
  ['6', 'layer3'],
  ['7', 'layer4'],
]);

/** What training wraps a network in, before the names of its parameters. */
const wrappers = /^(?:(?:module|_orig_mod|model|backbone|encoder|encoder_q|net)\.)+/;

/** Tensors by the names that torchvision, timm and SatMAE give them; of two with one name the first. */
export function baselineNames(file: TensorFile): ReadonlyMap<string, NetworkTensor> {
  const named = new Map<string, NetworkTensor>();
  for (const [source, facts] of file.tensors) {
    const plain = source.slice(source.lastIndexOf('/') + 1).replace(wrappers, '');
    const [first = '', ...rest] = plain.split('.');
    const stage = numbered.get(first);
    const name = stage === undefined ? plain : [stage, ...rest].join('.');
    for (const [own, tensor] of divided(name, { source, facts }))
      if (!named.has(own)) named.set(own, tensor);
  }
  return named;
}
