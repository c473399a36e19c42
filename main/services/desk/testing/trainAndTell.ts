// A host that runs one job in a project and says on its standard output when it is under way, until it is killed.
// Arguments: data folder, project file, input of the job as JSON.
import { writeSync } from 'node:fs';
import { createTestDesk } from './testDesk.ts';

const [dataFolder, path, input] = process.argv.slice(2) as [string, string, string];
const desk = createTestDesk(dataFolder);
await desk.call('project.open', { path });
const { job } = await desk.call('job.start', {
  kind: 'train',
  title: 'Killed',
  input: JSON.parse(input) as Record<string, unknown>,
});
for (let told = 0; ; ) {
  const [now] = (await desk.call('job.list', {})).jobs;
  if (now!.curve.length > told || now!.state === 'failed') {
    told = now!.curve.length;
    writeSync(1, `${JSON.stringify({ id: job.id, state: now!.state, epochs: told })}\n`);
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
}
