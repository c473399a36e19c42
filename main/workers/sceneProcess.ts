// Entry of a scene process: it lives as long as the desk, keeps scenes open and answers what the window asks of them. All
// decoding happens here, so a hostile file can end this process and nothing else.
import { flushCompileCache } from 'node:module';
import { serve } from '../../app/contract/rpc.ts';
import { portOfParent } from '../transport/processPort.ts';
import { createSceneAnswer } from './scenes/sceneTasks.ts';

const port = portOfParent();
serve(port, createSceneAnswer());
// The host has gone: nobody waits for an answer.
port.onClose(() => process.exit(0));
// Most scenes are GeoTIFFs, and their stretch and indices are the first questions: all are there when the first one is opened.
const loaded = Promise.all([
  import('../raster/tiff/openTiff.ts'),
  import('../raster/tiff/kernels.ts').then(({ kernels }) => kernels()),
  import('./scenes/statistics.ts'),
  import('./scenes/indices.ts'),
]);
// This process is killed in the end: what Node made of the sources is kept now, where it is kept at all.
void loaded.then(() => flushCompileCache());
// Ctrl+C reaches the whole process group; the host decides what to do about it.
process.on('SIGINT', () => undefined);
