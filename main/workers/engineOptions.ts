import { AppError } from '../../app/error.ts';
import type { EngineOptions } from '../engines/table.ts';

/** Engine options of a call. @throws AppError `engine` for an engine that a task of this kind cannot use */
export function engineOptions(input: {
  readonly engine?: string | undefined;
  readonly threads?: number | undefined;
}): EngineOptions {
  const { engine, threads } = input;
  if (engine === 'onnx')
    throw new AppError(
      'engine',
      'ONNX Runtime does not run this yet. Leave --engine away, or choose tensorflow, wasm or cpu.',
    );
  return {
    ...(engine === undefined ? {} : { engine: engine as NonNullable<EngineOptions['engine']> }),
    ...(threads === undefined ? {} : { threads }),
  };
}
