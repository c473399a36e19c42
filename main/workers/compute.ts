// Entry of a compute process: gets one task as a message, answers with events and one result or failure, and ends. Native
// libraries are loaded here and nowhere else, so their crash fails one task.
import { serveTasks, type TaskTable } from './serveTasks.ts';

/** Everything that a compute process can do. */
const tasks: TaskTable = {
  doctor: async () => (await import('./doctor.ts')).doctor,
  info: async () => (await import('./info.ts')).info,
  sample: async () => (await import('./sample.ts')).sample,
  train: async () => (await import('./train.ts')).train,
  predict: async () => (await import('./predict.ts')).predict,
  change: async () => (await import('./change.ts')).change,
  'batch check': async () => (await import('./batchCheck.ts')).batchCheck,
  'batch map': async () => (await import('./batchMap.ts')).batchMap,
  'batch part': async () => (await import('./batchMap.ts')).batchPart,
  'compare outputs': async () => (await import('./compareOutputs.ts')).compareOutputs,
  evaluate: async () => (await import('./evaluate.ts')).evaluate,
  picture: async () => (await import('./picture.ts')).picture,
  'accuracy.design': async () => (await import('./accuracyDesign.ts')).accuracyDesign,
  'accuracy.assess': async () => (await import('./accuracyAssess.ts')).accuracyAssess,
  'export.map': async () => (await import('./exportMap.ts')).exportMap,
  'accuracy.errors': async () => (await import('./accuracyErrors.ts')).accuracyErrors,
  'import rois': async () => (await import('./importRois.ts')).importRois,
  'export rois': async () => (await import('./exportRois.ts')).exportRois,
  preflight: async () => (await import('./preflight.ts')).preflight,
  probe: async () => (await import('./probe.ts')).probe,
  pretrain: async () => (await import('./pretrain.ts')).pretrain,
  'model run': async () => (await import('./modelRun.ts')).modelRun,
  'weights inspect': async () => (await import('./weightsInspect.ts')).weightsInspect,
  'weights convert': async () => (await import('./weightsConvert.ts')).weightsConvert,
};

serveTasks(tasks);
