#define _GNU_SOURCE
#include "CLinuxShims.h"

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
