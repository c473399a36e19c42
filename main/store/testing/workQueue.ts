// Takes scenes from a queue, works a little on each, settles it and says so: there to be killed.
import { openBatchQueue } from '../batchQueue.ts';

const queue = openBatchQueue(process.argv[2]!);
process.stdout.write('begun\n');
for (let next = queue.take(); next !== undefined; next = queue.take()) {
  await new Promise((resolve) => setTimeout(resolve, 8));
  queue.settle(next.scene, 'done', { attempts: next.attempts });
  process.stdout.write(`${next.scene}\n`);
}
queue.close();
