// Loaded before the system's library (LD_PRELOAD): the n-th operation on files below one folder fails, once or from then on.
// FAULT_FOLDER  absolute path of the folder
// FAULT_COUNTER file of 8 bytes that all processes of a run share: operations so far
// FAULT_AT      which operation fails, from 1; 0 counts only
// FAULT_ERRNO   number of the error
// FAULT_EVER    1 = all from there on
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { most_files = 65536 };
static char watched[most_files];
static const char *folder;
static size_t folder_length;
static _Atomic long *counter;
static long fault_at;
static int fault_errno, fault_ever;

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULT_COUNTER");
  folder = getenv("FAULT_FOLDER");
  if (path == NULL || folder == NULL) return;
  folder_length = strlen(folder);
  const char *at = getenv("FAULT_AT"), *number = getenv("FAULT_ERRNO"), *ever = getenv("FAULT_EVER");
  fault_at = at == NULL ? 0 : atol(at);
  fault_errno = number == NULL ? EIO : atoi(number);
  fault_ever = ever != NULL && *ever == '1';
  int file = REAL(open)(path, O_RDWR);
  if (file < 0) return;
  void *memory = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory != MAP_FAILED) counter = memory;
}

// Whether this operation is to fail.
static int fails(void) {
  if (counter == NULL) return 0;
  long number = atomic_fetch_add(counter, 1) + 1;
  if (fault_at == 0 || number < fault_at || (number > fault_at && !fault_ever)) return 0;
  errno = fault_errno;
  return 1;
}

static int below(const char *path) {
  return folder != NULL && path != NULL && strncmp(path, folder, folder_length) == 0 &&
         (path[folder_length] == '/' || path[folder_length] == 0);
}

static int below_at(int directory, const char *path) {
  if (path != NULL && path[0] == '/') return below(path);
  char link[64], found[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
  ssize_t length = directory == AT_FDCWD ? -1 : readlink(link, found, sizeof found - 1);
  if (length < 0) return 0;
  found[length] = 0;
  return below(found);
}

static int is_watched(int file) { return file >= 0 && file < most_files && watched[file]; }

static int opened(int file, int ours) {
  if (file >= 0 && file < most_files) watched[file] = ours;
  return file;
}

#define OPEN(name)                                                        \
  int name(const char *path, int flags, ...) {                            \
    va_list rest;                                                         \
    va_start(rest, flags);                                                \
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                         \
    int ours = below(path);                                               \
    if (ours && fails()) return -1;                                       \
    return opened(REAL(name)(path, flags, mode), ours);                   \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                      \
  int name(int directory, const char *path, int flags, ...) {             \
    va_list rest;                                                         \
    va_start(rest, flags);                                                \
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                         \
    int ours = below_at(directory, path);                                 \
    if (ours && fails()) return -1;                                       \
    return opened(REAL(name)(directory, path, flags, mode), ours);        \
  }
OPENAT(openat)
OPENAT(openat64)

int close(int file) {
  if (file >= 0 && file < most_files) watched[file] = 0;
  return REAL(close)(file);
}

#define ON_FILE(type, name, parameters, arguments)    \
  type name parameters {                              \
    if (is_watched(file) && fails()) return (type)-1; \
    return REAL(name) arguments;                      \
  }
ON_FILE(ssize_t, write, (int file, const void *data, size_t size), (file, data, size))
ON_FILE(ssize_t, pwrite, (int file, const void *data, size_t size, off_t at), (file, data, size, at))
ON_FILE(ssize_t, pwrite64, (int file, const void *data, size_t size, off64_t at), (file, data, size, at))
ON_FILE(ssize_t, writev, (int file, const struct iovec *parts, int count), (file, parts, count))
ON_FILE(ssize_t, pwritev, (int file, const struct iovec *parts, int count, off_t at), (file, parts, count, at))
ON_FILE(ssize_t, pwritev64, (int file, const struct iovec *parts, int count, off64_t at), (file, parts, count, at))
ON_FILE(ssize_t, read, (int file, void *data, size_t size), (file, data, size))
ON_FILE(ssize_t, pread, (int file, void *data, size_t size, off_t at), (file, data, size, at))
ON_FILE(ssize_t, pread64, (int file, void *data, size_t size, off64_t at), (file, data, size, at))
ON_FILE(ssize_t, preadv, (int file, const struct iovec *parts, int count, off_t at), (file, parts, count, at))
ON_FILE(ssize_t, preadv64, (int file, const struct iovec *parts, int count, off64_t at), (file, parts, count, at))
ON_FILE(int, fsync, (int file), (file))
ON_FILE(int, fdatasync, (int file), (file))
ON_FILE(int, ftruncate, (int file, off_t size), (file, size))
ON_FILE(int, ftruncate64, (int file, off64_t size), (file, size))

#define ON_PATH(name, parameters, ours, arguments) \
  int name parameters {                            \
    if ((ours) && fails()) return -1;              \
    return REAL(name) arguments;                   \
  }
ON_PATH(rename, (const char *from, const char *to), below(from) || below(to), (from, to))
ON_PATH(unlink, (const char *path), below(path), (path))
ON_PATH(mkdir, (const char *path, mode_t mode), below(path), (path, mode))
ON_PATH(unlinkat, (int directory, const char *path, int flags), below_at(directory, path), (directory, path, flags))
