#define _GNU_SOURCE
#include "CLinuxShims.h"

int cellbridge_open(const char *path, int flags, unsigned int mode) {
    return open(path, flags | O_CLOEXEC, (mode_t)mode);
}

int cellbridge_fcntl(int fd, int command, int argument) { return fcntl(fd, command, argument); }

int cellbridge_ioctl(int fd, unsigned long request, void *argument) { return ioctl(fd, request, argument); }
