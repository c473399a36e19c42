import { readFileSync } from 'node:fs';

/** Whether a process of this machine runs: it is there, and is more than an end that nobody has asked about yet. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    // it is there, but of another user
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** In containers whose first process asks about nobody, the dead stay for ever. */
function isZombie(pid: number): boolean {
  try {
    // the state follows the name in brackets, which may hold brackets itself (proc_pid_stat(5))
    return /\) [ZX] [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
