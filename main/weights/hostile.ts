/**
 * Modules that no checkpoint needs and that attacks begin with. Nothing of any module is ever run: this list only says a plain
 * word about a file that was made to attack other programs, instead of showing it as data. What is not listed is inert too.
 */
const modules = new Set(
  (
    'os posix nt sys subprocess importlib imp runpy pty socket shutil ctypes code codeop pickle _pickle cloudpickle dill marshal ' +
    'operator _operator types webbrowser commands pdb bdb timeit profile cProfile trace doctest pydoc asyncio multiprocessing ' +
    'threading signal urllib requests http smtplib ftplib httplib aiohttp pip ensurepip venv idlelib lib2to3 distutils setuptools ' +
    'builtins __builtin__'
  ).split(' '),
);

const names = new Set(['torch load', 'torch.serialization load', 'torch.hub load', 'joblib load']);

/** Types of Python's own that only hold values. */
const holders = new Set(
  'object bool int long float complex str unicode bytes bytearray list tuple dict set frozenset slice range'.split(
    ' ',
  ),
);

/** Whether a class or function has no place in a file of data. */
export function isHostile(module: string, name: string): boolean {
  const [top = ''] = module.split('.');
  if (top === 'builtins' || top === '__builtin__') return !holders.has(name);
  return modules.has(top) || names.has(`${module} ${name}`);
}
