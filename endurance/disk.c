// Loaded before the system's library (LD_PRELOAD): the n-th operation on files below one folder fails, once or from then on.
// FAULT_FOLDER  absolute path of the folder
// FAULT_COUNTER file of 8 bytes that all processes of a run share: operations so far
// FAULT_AT      which operation fails, from 1; 0 counts only
// FAULT_ERRNO   number of the error
// FAULT_EVER    1 = all from there on
// FAULT_JOURNAL file that gets a record of every change and of what is said on standard output (see power.ts)
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
static int fault_errno, fault_ever, journal = -1;

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULT_COUNTER");
  folder = getenv("FAULT_FOLDER");
  if (path == NULL || folder == NULL) return;
  const char *record = getenv("FAULT_JOURNAL");
  if (record != NULL) journal = REAL(open)(record, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
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

enum { created = 1, written, truncated, renamed, unlinked, synced, folder_synced, made, said };

// One record, whole or not at all whoever else writes: header, path, bytes.
static void note(unsigned kind, unsigned long inode, off64_t offset, const char *path, size_t length,
                 const void *data, size_t size) {
  if (journal < 0) return;
  int before = errno;
  struct { unsigned kind, path_length; unsigned long inode; long offset, size; } head = {
      kind, (unsigned)length, inode, offset, (long)size};
  struct iovec parts[] = {{&head, sizeof head}, {(void *)path, length}, {(void *)data, size}};
  if (REAL(writev)(journal, parts, 3) < 0) abort();
  errno = before;
}

static void note_file(unsigned kind, int file, off64_t offset, const void *data, size_t size) {
  struct stat found;
  if (journal < 0 || fstat(file, &found) != 0) return;
  if (kind == synced && S_ISDIR(found.st_mode)) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path);
    if (length > 0) note(folder_synced, found.st_ino, 0, path, length, NULL, 0);
  } else note(kind, found.st_ino, offset, NULL, 0, data, size);
}

static void note_paths(unsigned kind, const char *from, const char *to) {
  char both[2 * PATH_MAX];
  int length = snprintf(both, sizeof both, "%s%c%s", from, 0, to);
  note(kind, 0, 0, both, length, NULL, 0);
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

// The path that a name in an open folder means.
static const char *absolute(int directory, const char *path, char *buffer) {
  char link[64];
  if (path == NULL || path[0] == '/' || directory == AT_FDCWD) return path;
  snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
  ssize_t length = readlink(link, buffer, PATH_MAX - 1);
  if (length < 0) return path;
  snprintf(buffer + length, PATH_MAX - length, "/%s", path);
  return buffer;
}

static int is_watched(int file) { return file >= 0 && file < most_files && watched[file]; }

static int opened(int file, int ours, int was, int flags, const char *path) {
  if (file >= 0 && file < most_files) watched[file] = ours;
  struct stat found;
  if (file >= 0 && ours && journal >= 0 && fstat(file, &found) == 0) {
    if (!was) note(created, found.st_ino, 0, path, strlen(path), NULL, 0);
    else if (flags & O_TRUNC) note(truncated, found.st_ino, 0, NULL, 0, NULL, 0);
  }
  return file;
}

static int exists(const char *path) {
  return journal < 0 || access(path, F_OK) == 0;
}

#define OPEN(name)                                                        \
  int name(const char *path, int flags, ...) {                            \
    va_list rest;                                                         \
    va_start(rest, flags);                                                \
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                         \
    int ours = below(path);                                               \
    if (ours && fails()) return -1;                                       \
    int was = !ours || exists(path);                                      \
    return opened(REAL(name)(path, flags, mode), ours, was, flags, path); \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                      \
  int name(int directory, const char *path, int flags, ...) {             \
    va_list rest;                                                         \
    va_start(rest, flags);                                                \
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                         \
    char buffer[PATH_MAX];                                                \
    const char *whole = absolute(directory, path, buffer);                \
    int ours = below(whole);                                              \
    if (ours && fails()) return -1;                                       \
    int was = !ours || exists(whole);                                     \
    return opened(REAL(name)(directory, path, flags, mode), ours, was, flags, whole); \
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
ON_FILE(ssize_t, read, (int file, void *data, size_t size), (file, data, size))
ON_FILE(ssize_t, pread, (int file, void *data, size_t size, off_t at), (file, data, size, at))
ON_FILE(ssize_t, pread64, (int file, void *data, size_t size, off64_t at), (file, data, size, at))
ON_FILE(ssize_t, preadv, (int file, const struct iovec *parts, int count, off_t at), (file, parts, count, at))
ON_FILE(ssize_t, preadv64, (int file, const struct iovec *parts, int count, off64_t at), (file, parts, count, at))

// As ON_FILE, and what came of it is noted; `result` is what the system gave.
#define CHANGES(type, name, parameters, arguments, noted)   \
  type name parameters {                                    \
    int ours = is_watched(file);                            \
    if (ours && fails()) return (type)-1;                   \
    type result = REAL(name) arguments;                     \
    if (result >= 0 && journal >= 0) { noted; }             \
    return result;                                          \
  }

// Several pieces that were written from a position on, of which the system took `total` bytes.
static void note_parts(int file, const struct iovec *parts, int count, off64_t at, ssize_t total) {
  for (int i = 0; i < count && total > 0; i++) {
    size_t size = (ssize_t)parts[i].iov_len < total ? parts[i].iov_len : (size_t)total;
    note_file(written, file, at, parts[i].iov_base, size);
    at += size;
    total -= size;
  }
}
static off64_t start_of(int file, ssize_t written_bytes) {
  return lseek64(file, 0, SEEK_CUR) - written_bytes;
}
CHANGES(ssize_t, write, (int file, const void *data, size_t size), (file, data, size), {
  if (ours) note_file(written, file, start_of(file, result), data, result);
  else if (file == 1) note(said, 0, 0, NULL, 0, data, result);
})
CHANGES(ssize_t, writev, (int file, const struct iovec *parts, int count), (file, parts, count),
        if (ours) note_parts(file, parts, count, start_of(file, result), result))
CHANGES(ssize_t, pwrite, (int file, const void *data, size_t size, off_t at), (file, data, size, at),
        if (ours) note_file(written, file, at, data, result))
CHANGES(ssize_t, pwrite64, (int file, const void *data, size_t size, off64_t at), (file, data, size, at),
        if (ours) note_file(written, file, at, data, result))
CHANGES(ssize_t, pwritev, (int file, const struct iovec *parts, int count, off_t at), (file, parts, count, at),
        if (ours) note_parts(file, parts, count, at, result))
CHANGES(ssize_t, pwritev64, (int file, const struct iovec *parts, int count, off64_t at), (file, parts, count, at),
        if (ours) note_parts(file, parts, count, at, result))
CHANGES(int, fsync, (int file), (file), if (ours) note_file(synced, file, 0, NULL, 0))
CHANGES(int, fdatasync, (int file), (file), if (ours) note_file(synced, file, 0, NULL, 0))
CHANGES(int, ftruncate, (int file, off_t size), (file, size), if (ours) note_file(truncated, file, size, NULL, 0))
CHANGES(int, ftruncate64, (int file, off64_t size), (file, size), if (ours) note_file(truncated, file, size, NULL, 0))

// Operations on names.
#define NAMES(name, parameters, wanted, arguments, noted) \
  int name parameters {                                   \
    int ours = (wanted);                                  \
    if (ours && fails()) return -1;                       \
    int result = REAL(name) arguments;                    \
    if (result == 0 && ours) { noted; }                   \
    return result;                                        \
  }
NAMES(rename, (const char *from, const char *to), below(from) || below(to), (from, to), note_paths(renamed, from, to))
NAMES(unlink, (const char *path), below(path), (path), note(unlinked, 0, 0, path, strlen(path), NULL, 0))
NAMES(mkdir, (const char *path, mode_t mode), below(path), (path, mode), note(made, 0, 0, path, strlen(path), NULL, 0))
NAMES(rmdir, (const char *path), below(path), (path), note(unlinked, 0, 0, path, strlen(path), NULL, 0))
int unlinkat(int directory, const char *path, int flags) {
  char buffer[PATH_MAX];
  const char *whole = absolute(directory, path, buffer);
  int ours = below(whole);
  if (ours && fails()) return -1;
  int result = REAL(unlinkat)(directory, path, flags);
  if (result == 0 && ours) note(unlinked, 0, 0, whole, strlen(whole), NULL, 0);
  return result;
}
