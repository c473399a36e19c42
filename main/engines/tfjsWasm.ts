import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { AppError } from '../../app/error.ts';
import type { Tfjs } from './tfjs.ts';

const require = createRequire(import.meta.url);

/**
 * Gradient kernels that tfjs' WebAssembly backend lacks, or has but gets wrong (that of `maxPool`, by the conformance
 * suite); its plain JavaScript backend computes them instead.
 */
const borrowed = [
  'Conv2DBackpropFilter',
  'DepthwiseConv2dNativeBackpropFilter',
  'DepthwiseConv2dNativeBackpropInput',
  'MaxPoolGrad',
] as const;

/** What a kernel gets and gives, as far as lending needs it. */
type Info = { readonly dataId: object; readonly shape: number[]; readonly dtype: 'float32' };
type HostBackend = {
  makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): Info;
  readSync(dataId: object): Float32Array;
  disposeData(dataId: object): boolean;
  write(values: Float32Array, shape: number[], dtype: 'float32'): object;
};

/**
 * Loads tfjs' WebAssembly backend from its package and sets it.
 * @throws AppError `engine` where it does not start
 */
export async function openWasm(tf: Tfjs): Promise<{ readonly version: string }> {
  const wasm = require('@tensorflow/tfjs-backend-wasm') as {
    readonly version_wasm: string;
    readonly setWasmPaths: (folder: string) => void;
  };
  const files = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  wasm.setWasmPaths(join(files, 'dist') + sep);
  if (!(await tf.setBackend('wasm'))) {
    throw new AppError('engine', 'The WebAssembly engine did not start.', {
      cure: 'run `npm ci` to restore its files',
    });
  }
  for (const name of borrowed) lend(tf, name);
  return { version: wasm.version_wasm };
}

/** Registers a kernel of the JavaScript backend for the WebAssembly backend: numbers over, compute, numbers back. */
function lend(tf: Tfjs, kernelName: string): void {
  const kernel = tf.getKernel(kernelName, 'cpu');
  if (kernel === undefined) return;
  if (tf.getKernel(kernelName, 'wasm') !== undefined) tf.unregisterKernel(kernelName, 'wasm');
  const host = tf.findBackend('cpu') as unknown as HostBackend;
  tf.registerKernel({
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const device = backend as HostBackend;
      const copies: Record<string, Info> = {};
      for (const [name, input] of Object.entries(inputs)) {
        const { dataId, shape } = input as unknown as Info;
        copies[name] = host.makeTensorInfo(shape, 'float32', device.readSync(dataId).slice());
      }
      const result = kernel.kernelFunc({
        inputs: copies,
        ...(attrs === undefined ? {} : { attrs }),
        backend: host,
      }) as unknown as Info;
      const values = host.readSync(result.dataId);
      const dataId = device.write(values.slice(), result.shape, 'float32');
      for (const { dataId: used } of [...Object.values(copies), result]) host.disposeData(used);
      return { dataId, shape: result.shape, dtype: 'float32' };
    },
  });
}
