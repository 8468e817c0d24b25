/* Watches the files whose paths begin with WATCHED_FILES. Before each write it notes in the file WATCHED_JOURNAL what was there before,
   and after each fsync that the writes so far are on disk: so a test can take back what a power loss would.
   While the first byte of the file WATCHED_FAULT is 1, fsync fails as on a broken disk; while it is 2, fsync does not end. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct note {
    char path[240];
    int64_t synced; /* up to where the journal is on disk, or -1 for a write */
    int64_t offset, length, size;
};

static int (*real_fsync)(int), (*real_fdatasync)(int);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static const char *watched;
static const volatile char *fault;
static int journal = -1;

__attribute__((constructor)) static void prepare(void) {
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    watched = getenv("WATCHED_FILES");
    int file = open(getenv("WATCHED_FAULT"), O_RDONLY | O_CLOEXEC);
    fault = mmap(NULL, 1, PROT_READ, MAP_SHARED, file, 0);
    if (getenv("WATCHED_JOURNAL")) journal = open(getenv("WATCHED_JOURNAL"), O_RDWR | O_APPEND | O_CLOEXEC);
    if (file < 0 || fault == MAP_FAILED) abort();
}

static int is_watched(int file, struct note *note) {
    char link[32];
    memset(note, 0, sizeof *note);
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, note->path, sizeof note->path - 1);
    return length > 0 && !strncmp(note->path, watched, strlen(watched));
}

static void append(const struct note *note, const void *before, size_t length) {
    struct iovec parts[] = {{(void *)note, sizeof *note}, {(void *)before, length}};
    if (writev(journal, parts, 2) != (ssize_t)(sizeof *note + length)) abort();
}

ssize_t pwrite64(int file, const void *data, size_t length, off_t offset) {
    struct note note;
    if (journal >= 0 && is_watched(file, &note)) {
        struct stat status;
        char *before = malloc(length);
        ssize_t old = pread(file, before, length, offset);
        if (old < 0 || fstat(file, &status)) abort();
        note.synced = -1, note.offset = offset, note.length = old, note.size = status.st_size;
        append(&note, before, old);
        free(before);
    }
    return real_pwrite(file, data, length, offset);
}

ssize_t pwrite(int file, const void *data, size_t length, off_t offset) {
    return pwrite64(file, data, length, offset);
}

static int synced(int file, int (*real)(int)) {
    struct note note;
    struct stat status;
    if (!is_watched(file, &note)) return real(file);
    while (*fault == 2) usleep(1000);
    if (*fault) return errno = EIO, -1;
    if (journal < 0) return real(file);
    if (fstat(journal, &status)) abort();
    int failed = real(file);
    note.synced = status.st_size;
    if (!failed) append(&note, NULL, 0);
    return failed;
}

int fsync(int file) { return synced(file, real_fsync); }

int fdatasync(int file) { return synced(file, real_fdatasync); }
