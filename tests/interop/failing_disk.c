/* A disk that fails, for one process: to be preloaded (LD_PRELOAD).
 *
 * FAULT_CALL   sync or write: which calls fail
 * FAULT_AT     the first of them that fails, counted from 1
 * FAULT_ALWAYS if set, all that come after it fail too
 * FAULT_UNDER  only files below this directory count
 * FAULT_FIRED  this file is made when a call was failed
 *
 * A sync fails with EIO and is not passed on, a write with ENOSPC and writes nothing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int calls;

static int below(int fd) {
    const char *under = getenv("FAULT_UNDER");
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    return under && length > 0 && !strncmp((path[length] = 0, path), under, strlen(under));
}

/* Whether this call is to fail. */
static int fails(const char *call, int fd) {
    const char *which = getenv("FAULT_CALL"), *at = getenv("FAULT_AT"), *fired = getenv("FAULT_FIRED");
    if (!which || !at || strcmp(which, call) || !below(fd)) return 0;
    int number = __sync_add_and_fetch(&calls, 1);
    if (getenv("FAULT_ALWAYS") ? number < atoi(at) : number != atoi(at)) return 0;
    if (fired) close(open(fired, O_CREAT | O_WRONLY, 0600));
    errno = strcmp(call, "sync") ? ENOSPC : EIO;
    return 1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int fd) { return fails("sync", fd) ? -1 : NEXT(fsync)(fd); }
int fdatasync(int fd) { return fails("sync", fd) ? -1 : NEXT(fdatasync)(fd); }
ssize_t write(int fd, const void *bytes, size_t n) { return fails("write", fd) ? -1 : NEXT(write)(fd, bytes, n); }
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
    return fails("write", fd) ? -1 : NEXT(pwrite)(fd, bytes, n, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
    return fails("write", fd) ? -1 : NEXT(pwrite64)(fd, bytes, n, at);
}
