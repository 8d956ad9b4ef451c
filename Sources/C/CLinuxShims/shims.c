#define _GNU_SOURCE
#include "CLinuxShims.h"
#include <stdio.h>
#include <sys/mman.h>

int cellbridge_open(const char *path, int flags, unsigned int mode) {
    return open(path, flags | O_CLOEXEC, (mode_t)mode);
}

int cellbridge_fcntl(int fd, int command, int argument) { return fcntl(fd, command, argument); }

int cellbridge_ioctl(int fd, unsigned long request, void *argument) { return ioctl(fd, request, argument); }

struct cellbridge_option_step cellbridge_getopt(int argc, char *const *argv, const char *shorts,
                                                const struct option *longs, int restart) {
    // 0 also makes glibc read POSIXLY_CORRECT and the option string again.
    if (restart) optind = 0;
    opterr = 0;
    optopt = 0;
    optarg = 0;
    int value = getopt_long(argc, argv, shorts, longs, 0);
    struct cellbridge_option_step step = {value, optopt, optind, optarg};
    return step;
}

int cellbridge_release_code(void) {
    FILE *maps = fopen("/proc/self/maps", "re");
    if (!maps) return 0;
    int count = 0;
    char line[512];
    while (fgets(line, sizeof line, maps)) {
        unsigned long start, end;
        char rights[5], name[2];
        // Code of a file only: nobody ever writes there, so that nothing but the file's own bytes can be dropped.
        if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %1s", &start, &end, rights, name) != 4) continue;
        if (rights[0] != 'r' || rights[1] != '-' || rights[2] != 'x' || name[0] != '/') continue;
        if (madvise((void *)start, end - start, MADV_DONTNEED) == 0) count++;
    }
    fclose(maps);
    return count;
}
